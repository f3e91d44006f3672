// Shrinks the type of a slide that is fuller than 1280 x 720, down to 0.6 at most, then starts reveal.js.
(function () {
  const STEP = 0.02, LEAST = 0.6;
  document.querySelectorAll("section.leaf").forEach(function (slide) {
    let scale = 1;
    const full = () => slide.scrollHeight > slide.clientHeight || slide.scrollWidth > slide.clientWidth;
    while (full() && scale > LEAST) {
      scale -= STEP;
      slide.style.setProperty("--scale", scale.toFixed(2));
    }
  });
  document.body.classList.remove("measuring");
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, hash: true, transition: "none", controlsTutorial: false,
    slideNumber: "c/t", pdfMaxPagesPerSlide: 1, pdfSeparateFragments: false, plugins: [RevealNotes],
  });
})();

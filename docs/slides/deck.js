// Shrinks code that is too wide and type that is too much for 1280 x 720, then starts reveal.js.
(function () {
  const STEP = 0.02, LEAST = 0.6;
  const shrink = function (slide, name, full) {
    for (let scale = 1; full() && scale > LEAST; scale -= STEP) {
      slide.style.setProperty(name, (scale - STEP).toFixed(2));
    }
  };
  document.querySelectorAll("section.leaf").forEach(function (slide) {
    shrink(slide, "--code", () => [...slide.querySelectorAll(".input pre")].some((code) => code.scrollWidth > code.clientWidth));
    shrink(slide, "--scale", () => slide.scrollHeight > slide.clientHeight);
  });
  document.body.classList.remove("measuring");
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, hash: true, transition: "none", controlsTutorial: false,
    slideNumber: "c/t", pdfMaxPagesPerSlide: 1, pdfSeparateFragments: false, plugins: [RevealNotes],
  });
})();

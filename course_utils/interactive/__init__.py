"""Interactive parts of the notebooks, from core ipywidgets alone: controls above, an answer below, no JavaScript of our own.

Each comes after a static figure of the same content and is never needed to go on. Each function returns a ``Part``, which shows
itself as the last line of a cell. What is typed is checked, escaped wherever it becomes HTML, and kept when it is refused.
"""

from course_utils.interactive.attention_viewer import attention
from course_utils.interactive.blank_filling import blanks
from course_utils.interactive.frame import Part
from course_utils.interactive.search_box import search
from course_utils.interactive.similarity_bench import similarity
from course_utils.interactive.token_boxes import tokens
from course_utils.interactive.training_slider import forging

__all__ = ["Part", "attention", "blanks", "forging", "search", "similarity", "tokens"]

"""The deck: what it says in `content`, as PPTX in `powerpoint` and as PDF in `pdf`."""

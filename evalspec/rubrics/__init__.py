"""Rubrics: what a judge looks at and how it answers. The ready-made ones are data files in `data`."""

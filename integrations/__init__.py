"""The edges: foreign formats in, translation only, no decisions."""

//! The terminal: panes, layout, theme, keymap and command palette over the views of the desk.

//! One exchange a file: its dialect, frame ⇄ event. No sockets, no clock, no threads.

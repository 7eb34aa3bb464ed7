//! Either device on a socket of this machine.

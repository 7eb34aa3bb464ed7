//! Connections to venues: subscribe, keep alive, notice silence, reconnect, resynchronise; record and replay.

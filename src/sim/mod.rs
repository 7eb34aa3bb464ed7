//! A simulated venue that speaks the real protocol: the demo, the load generator and the test bench.

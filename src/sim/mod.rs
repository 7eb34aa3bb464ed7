//! A simulated venue that speaks a real protocol: the demo's market, the load generator and the test bench.
mod chart;
mod dice;
mod engine;
mod exchange;
mod fault;
mod flow;
mod frame;
mod pair;
mod window;

//! Nothing: this package is only its benchmark.

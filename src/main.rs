//! The `exchequer` binary: hands the command line to [`exchequer::cli`] and exits with its code.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    exchequer::cli::main()
}

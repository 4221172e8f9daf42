//! The program `sanping`.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use infra::cli;
use infra::config::{Arguments, log_filter};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_new(log_filter()).unwrap_or_else(|_| EnvFilter::new("warn"));
    let colour = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour).init();
    match cli::run(arguments).await {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("sanping: {}", cli::told(failure.as_ref()));
            ExitCode::FAILURE
        }
    }
}

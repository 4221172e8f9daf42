//! The program `sanping`.

use std::process::ExitCode;

use infra::{cli, config, telling};

#[tokio::main]
async fn main() -> ExitCode {
    let (arguments, told) = config::read::read();
    telling::begin(&arguments.telling);
    telling::of_settings(&told);
    match cli::run(arguments, told).await {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("sanping: {}", cli::told(failure.as_ref()));
            ExitCode::FAILURE
        }
    }
}

//! Waiting for something that happens by itself, bounded: asked again and again until it holds.

use std::time::Duration;

/// The answer, once there is one.
///
/// # Panics
/// When there is none in time, naming what was waited for.
pub async fn until<T>(what: &str, most: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(most, asked).await.unwrap_or_else(|_| panic!("{what} did not happen within {most:?}"))
}

//! The same commands over HTTP: a real server on loopback, a real client.

use std::sync::Arc;

use harness::client::Api;
use infra::auth::SignIn;
use infra::http::{self, Doors};
use infra::postgres::Cluster;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;
use crate::{Failure, IN_FLIGHT};

/// Commands per second through the API.
pub async fn measure(cluster: &Cluster) -> Result<Table, Failure> {
    let ours = Ours::start(cluster, "bench_http").await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let doors = Doors::of(&ours.app, SignIn::Development);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(http::run(listener, doors, async move {
        let _told = stopped.await;
    }));
    let mut table = Table::new("Commands over HTTP", &["in flight", "commands /s", "p99 ms"]);
    let api = Api::at(&address);
    for in_flight in IN_FLIGHT {
        let (api, members) = (api.clone(), ours.members());
        let rate = Rate::of(in_flight, move |number| {
            let (api, members) = (api.clone(), Arc::clone(&members));
            async move {
                let member = members[usize::try_from(number)? % members.len()];
                let input = json!({
                    "commandId": format!("http-{in_flight}-{number}"), "member": member.to_string(),
                    "on": "2022-03-01", "place": "营业大厅", "worn": true,
                });
                let answered = api.send("checkBadge", input).await?;
                if answered.position.is_none() {
                    return Err(format!("refused: {:?}", answered.refused).into());
                }
                Ok(())
            }
        })
        .await?;
        table.row(vec![in_flight.to_string(), rate.per_second().to_string(), rate.p99_millis()]);
    }
    let _gone = stop.send(());
    drop(api);
    serving.await??;
    ours.stop().await;
    Ok(table)
}

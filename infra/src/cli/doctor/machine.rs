//! The machine: room on the disk, and what stands before the address that is listened on.

use std::path::Path;

use super::super::place::data_dir;
use super::finding::{Finding, said};
use crate::config::{Place, Serving};

/// Less than this of a disk, in MiB, and less than a part in so many, is worth a word; less than that is a fault.
const LITTLE_MIB: u64 = 2_048;
const LITTLE_PART: u64 = 20;
const NO_ROOM_MIB: u64 = 256;

/// Looks at it.
pub fn look(place: &Place, serving: &Serving) -> Vec<Finding> {
    let disk = place.database_url.is_none().then(|| disk(&data_dir(place)));
    disk.flatten().into_iter().chain(std::iter::once(door(serving))).collect()
}

/// The disk that the private PostgreSQL writes to; nothing where the folder is not there yet.
fn disk(data: &Path) -> Option<Finding> {
    let at = data.display().to_string();
    let found = rustix::fs::statvfs(data).ok()?;
    let mib = |blocks: u64| blocks.saturating_mul(found.f_frsize) / 1_048_576;
    Some(room(&at, mib(found.f_bavail), mib(found.f_blocks)))
}

fn room(at: &str, free: u64, whole: u64) -> Finding {
    let what = said(format!("{free} MiB of {whole} are free"), format!("剩余 {free} MiB，共 {whole} MiB"));
    let todo = said(
        "make room: PostgreSQL stops where it cannot write, and nothing is taken any more",
        "请腾出空间：无法写入时 PostgreSQL 会停止，系统不再接受命令",
    );
    match free {
        ..NO_ROOM_MIB => Finding::fault("machine.disk", at, what, todo),
        ..LITTLE_MIB if free < whole / LITTLE_PART => Finding::warning("machine.disk", at, what, todo),
        _enough => Finding::ok("machine.disk", at, what),
    }
}

/// Whether what comes in may have come in plain, and whose address it is counted by.
fn door(serving: &Serving) -> Finding {
    let at = serving.listen.to_string();
    let proxied = !serving.let_in.trusted_proxy.is_empty();
    match (serving.listen.ip().is_loopback(), proxied) {
        (true, true) => {
            let what = said("on loopback, behind a proxy that is believed", "监听本机地址，位于受信任的代理之后");
            Finding::ok("machine.door", &at, what)
        }
        (true, false) => {
            let what = said(
                "on loopback; behind a proxy, name it with --trusted-proxy, or all who have not signed in are counted as one",
                "监听本机地址；若经代理访问，请用 --trusted-proxy 指明，否则未登录者会被合并计数",
            );
            Finding::ok("machine.door", &at, what)
        }
        (false, _) => {
            let what = said(
                "it is reached from elsewhere without TLS: keys and tokens can be read on the way",
                "可从其他机器直接访问且没有 TLS：密钥与令牌可能在途中被读取",
            );
            let todo = said(
                "listen on loopback behind a proxy with TLS (docs/operation.md), or keep the network between to the proxy alone",
                "改为监听本机地址并置于带 TLS 的代理之后（docs/operation.md），或确保网络仅供代理使用",
            );
            Finding::warning("machine.door", &at, what, todo)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn little_room_is_told_and_none_is_a_fault() {
        for (free, whole, state) in [
            (100_000, 500_000, State::Ok),
            (3_000, 500_000, State::Ok),
            (1_500, 500_000, State::Warning),
            (1_500, 4_000, State::Ok),
            (255, 4_000, State::Fault),
            (0, 0, State::Fault),
        ] {
            assert_eq!(room("/data", free, whole).state, state, "{free} of {whole}");
        }
    }
}

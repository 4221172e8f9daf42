//! How much memory the machine, or its container, has: what the private server may keep of its pages.
//!
//! # Rule
//! An eighth of it, 128 MiB at the least and 4 GiB at the most; 256 MiB where nobody tells. A board of a million subjects
//! is read from some thousand pages here and there, which come several times slower from the system's cache.

use std::fs;

/// What is kept of the server's pages where nobody tells how much memory there is.
const UNTOLD: u32 = 256;
const LEAST: u32 = 128;
const MOST: u32 = 4_096;
/// Which part of the memory.
const PART: u64 = 8;

/// How much the server keeps of its pages, in MiB.
#[must_use]
pub fn page_cache_mib() -> u32 {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    part(&read("/proc/meminfo"), &read("/sys/fs/cgroup/memory.max"))
}

/// The same, of what Linux tells: of the machine in kB, and of the container in bytes, which may be `max`.
fn part(meminfo: &str, container: &str) -> u32 {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let machine = total.and_then(|kib| kib.trim().parse::<u64>().ok()).map(|kib| kib / 1024);
    let container = container.trim().parse::<u64>().ok().map(|bytes| bytes / 1024 / 1024);
    let Some(mib) = machine.into_iter().chain(container).min() else { return UNTOLD };
    u32::try_from(mib / PART).unwrap_or(MOST).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighth_of_what_there_is_within_bounds() {
        let machine = "MemTotal:       24000000 kB\nMemFree:        12288000 kB\n";
        for (meminfo, container, mib) in [
            (machine, "max\n", 2_929),
            (machine, "", 2_929),
            (machine, "4294967296\n", 512),
            (machine, "536870912\n", LEAST),
            ("MemTotal: 250000000 kB", "max", MOST),
            ("", "4294967296", 512),
            ("", "", UNTOLD),
        ] {
            assert_eq!(part(meminfo, container), mib, "{meminfo:?} {container:?}");
        }
    }
}

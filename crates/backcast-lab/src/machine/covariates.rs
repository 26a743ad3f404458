//! What a machine is like at the moment: kept with each record, never part of its class.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

/// Settings and company of a machine. What the system does not tell is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Covariates {
    /// How clock rates are chosen.
    pub governor: Option<String>,
    /// Whether processors may run above their nominal rate.
    pub turbo: Option<bool>,
    /// Whether one core runs two threads.
    pub smt: Option<bool>,
    /// Whether it is a guest of another machine.
    pub virtualised: Option<bool>,
    /// Where the system's clock comes from.
    pub clock_source: Option<String>,
    /// Runnable processes over the last minute.
    pub load: Option<f64>,
    /// Share of processor time that other guests took while it was measured.
    pub steal: Option<f64>,
    /// Processors that the control group allows.
    pub group_cpus: Option<f64>,
    /// Memory that the control group allows.
    pub group_memory_bytes: Option<u64>,
}

/// Processor time of all processors together, by the system's count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorTime {
    all: u64,
    stolen: u64,
}

impl Covariates {
    /// Those of this machine, without what takes time to see (`steal`).
    pub fn look() -> Covariates {
        Covariates::below(Path::new("/"))
    }

    fn below(root: &Path) -> Covariates {
        let read = |path: &str| {
            let text = fs::read_to_string(root.join(path)).ok()?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let cpu = "sys/devices/system/cpu";
        let no_turbo = read(&format!("{cpu}/intel_pstate/no_turbo")).map(|text| text == "0");
        let boost = read(&format!("{cpu}/cpufreq/boost")).map(|text| text == "1");
        let cpuinfo = read("proc/cpuinfo");
        let (group_cpus, group_memory_bytes) = group_limits(&read);
        Covariates {
            governor: read(&format!("{cpu}/cpu0/cpufreq/scaling_governor")),
            turbo: no_turbo.or(boost),
            smt: read(&format!("{cpu}/smt/active")).map(|text| text == "1"),
            virtualised: cpuinfo.map(|text| text.contains(" hypervisor")),
            clock_source: read("sys/devices/system/clocksource/clocksource0/current_clocksource"),
            load: read("proc/loadavg").and_then(|text| text.split(' ').next()?.parse().ok()),
            steal: None,
            group_cpus,
            group_memory_bytes,
        }
    }
}

/// Limits of the control group that this process is in; of version 2, or of version 1.
fn group_limits(read: &impl Fn(&str) -> Option<String>) -> (Option<f64>, Option<u64>) {
    let groups = read("proc/self/cgroup").unwrap_or_default();
    let own = |controller: &str| {
        let line = groups.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            controllers.split(',').any(|name| name == controller).then(|| path.to_owned())
        });
        line.unwrap_or_default()
    };
    let first = |paths: [String; 4]| paths.iter().find_map(|path| read(path));
    let (unified, v1_cpu, v1_memory) = (own(""), own("cpu"), own("memory"));
    let group = "sys/fs/cgroup";
    let cpu_max = first([
        format!("{group}{unified}/cpu.max"),
        format!("{group}/cpu.max"),
        format!("{group}/cpu{v1_cpu}/cpu.cfs_quota_us"),
        format!("{group}/cpu/cpu.cfs_quota_us"),
    ]);
    let period = first([
        format!("{group}/cpu{v1_cpu}/cpu.cfs_period_us"),
        format!("{group}/cpu/cpu.cfs_period_us"),
        String::new(),
        String::new(),
    ]);
    let memory = first([
        format!("{group}{unified}/memory.max"),
        format!("{group}/memory.max"),
        format!("{group}/memory{v1_memory}/memory.limit_in_bytes"),
        format!("{group}/memory/memory.limit_in_bytes"),
    ]);
    // Without a limit version 1 names a number near 2^63.
    let memory = memory.and_then(|text| text.parse::<u64>().ok()).filter(|bytes| *bytes < 1 << 60);
    (cpu_max.and_then(|text| cpus(&text, period.as_deref())), memory)
}

/// `quota period` of version 2, or a quota with its period beside it; `max` and -1 are no limit.
fn cpus(quota: &str, period: Option<&str>) -> Option<f64> {
    let mut words = quota.split_whitespace();
    let quota: f64 = words.next()?.parse().ok()?;
    let period: f64 = words.next().or(period)?.parse().ok()?;
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

impl ProcessorTime {
    /// Counted since the machine was started; nothing where the system does not tell.
    pub fn now() -> Option<ProcessorTime> {
        ProcessorTime::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn parse(stat: &str) -> Option<ProcessorTime> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let fields: Vec<u64> =
            line.split_whitespace().map(|word| word.parse().unwrap_or(0)).collect();
        // man 5 proc: user nice system idle iowait irq softirq steal; guest time is part of user time.
        Some(ProcessorTime { all: fields.iter().take(8).sum(), stolen: *fields.get(7)? })
    }

    /// Share of the time since an earlier count that was stolen.
    pub fn stolen_since(&self, earlier: &ProcessorTime) -> f64 {
        let all = self.all.saturating_sub(earlier.all).max(1);
        self.stolen.saturating_sub(earlier.stolen) as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> Covariates {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Covariates::below(root.path())
    }

    #[test]
    fn settings_are_read_and_what_is_not_told_is_absent() {
        assert_eq!(machine(&[]), Covariates::default());
        let told = machine(&[
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"),
            ("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n"),
            ("sys/devices/system/cpu/smt/active", "0\n"),
            ("proc/cpuinfo", "flags : fpu hypervisor\n"),
            ("proc/loadavg", "1.25 0.5 0.1 1/100 1\n"),
        ]);
        assert_eq!(told.governor.as_deref(), Some("performance"));
        assert_eq!(
            (told.turbo, told.smt, told.virtualised),
            (Some(false), Some(false), Some(true))
        );
        assert_eq!(told.load, Some(1.25));
    }

    #[test]
    fn limits_of_both_versions_of_control_groups_are_found() {
        let second = machine(&[
            ("proc/self/cgroup", "0::/box\n"),
            ("sys/fs/cgroup/box/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/box/memory.max", "1073741824\n"),
        ]);
        assert_eq!((second.group_cpus, second.group_memory_bytes), (Some(1.5), Some(1 << 30)));
        let first = machine(&[
            ("proc/self/cgroup", "4:memory:/box\n3:cpu,cpuacct:/box\n"),
            ("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "50000\n"),
            ("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "9223372036854771712\n"),
        ]);
        assert_eq!((first.group_cpus, first.group_memory_bytes), (Some(0.5), None));
        let unlimited = machine(&[("sys/fs/cgroup/cpu.max", "max 100000\n")]);
        assert_eq!(unlimited.group_cpus, None);
    }

    #[test]
    fn stolen_time_is_a_share_of_what_passed() {
        let early = ProcessorTime::parse("cpu  10 0 10 80 0 0 0 0 0 0\n").unwrap();
        let late = ProcessorTime::parse("cpu  60 0 10 105 0 0 0 25 0 0\n").unwrap();
        assert_eq!(late.stolen_since(&early), 0.25);
        assert!(ProcessorTime::now().is_some());
    }
}

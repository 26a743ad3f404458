//! What makes two machines the same for a history of figures: few properties, coarsely.
//!
//! Nothing in it changes from boot to boot: a clock rate read from the system does, and splits a history in two.

use std::{fs, thread};

use serde::{Deserialize, Serialize};

/// A class of machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Model of the processor, without clock rates.
    pub cpu: String,
    /// Processors that this process may use.
    pub cores: u32,
    /// Memory, as the nearest power of two in GiB; zero below 724 MiB.
    pub memory_gib: u32,
    /// System and architecture: `linux-x86_64`.
    pub system: String,
    /// First two numbers of the kernel's version.
    pub kernel: String,
    /// The program that measured, with its version and flags.
    pub program: String,
}

impl Class {
    /// The class of this machine.
    pub fn look(program: &str) -> Class {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Class {
            cpu: model(&read("/proc/cpuinfo")),
            cores: thread::available_parallelism().map_or(1, |n| n.get() as u32),
            memory_gib: memory_gib(&read("/proc/meminfo")),
            system: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            kernel: kernel(&read("/proc/sys/kernel/osrelease")),
            program: program.to_owned(),
        }
    }

    /// Twelve hexadecimal digits that are equal for equal classes.
    pub fn key(&self) -> String {
        let parts = [
            self.cpu.as_str(),
            &self.cores.to_string(),
            &self.memory_gib.to_string(),
            &self.system,
            &self.kernel,
            &self.program,
        ];
        blake3::hash(parts.join("\n").as_bytes()).to_hex()[..12].to_owned()
    }
}

/// `Intel Xeon Processor` for `model name : Intel(R) Xeon(R) Processor @ 2.60GHz`.
fn model(cpuinfo: &str) -> String {
    let named = ["model name", "Hardware", "CPU part"];
    let line = named.iter().find_map(|name| cpuinfo.lines().find(|line| line.starts_with(name)));
    let name = line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, name)| name);
    let name = name.split('@').next().unwrap_or(name).replace("(R)", " ").replace("(TM)", " ");
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn memory_gib(meminfo: &str) -> u32 {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    let gib = kib.unwrap_or(0.0) / (1 << 20) as f64;
    let power = libm::round(libm::log2(gib.max(0.5)));
    if power < 0.0 { 0 } else { 1 << (power as u32).min(31) }
}

fn kernel(release: &str) -> String {
    release.trim().split('.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_rates_are_no_part_of_a_model() {
        let of =
            |name: &str| model(&format!("processor : 0\nmodel name\t: {name}\ncpu MHz : 2600.1"));
        assert_eq!(of("Intel(R) Xeon(R) Processor @ 2.60GHz"), "Intel Xeon Processor");
        assert_eq!(of("Intel(R) Xeon(R) Processor @ 2.61GHz"), "Intel Xeon Processor");
        assert_eq!(of("AMD EPYC 7B13"), "AMD EPYC 7B13");
        assert_eq!(model(""), "unknown");
    }

    #[test]
    fn memory_falls_into_coarse_buckets() {
        let of = |kib: u64| memory_gib(&format!("MemTotal: {kib} kB"));
        assert_eq!((of(16_277_000), of(16_100_000), of(17_000_000)), (16, 16, 16));
        assert_eq!((of(8_000_000), of(1_000_000), of(100_000)), (8, 1, 0));
    }

    #[test]
    fn a_class_changes_its_key_with_each_of_its_properties() {
        let class = Class::look("backcast 0.1.0");
        assert_eq!(class.key(), Class::look("backcast 0.1.0").key());
        let others = [
            Class { cpu: "other".into(), ..class.clone() },
            Class { cores: class.cores + 1, ..class.clone() },
            Class { memory_gib: class.memory_gib * 2 + 1, ..class.clone() },
            Class { kernel: "0.1".into(), ..class.clone() },
            Class { program: "backcast 0.2.0".into(), ..class.clone() },
        ];
        assert!(others.iter().all(|other| other.key() != class.key()));
    }
}

//! A Chromium for the browser tests; playwright only drives it and never downloads one.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::{process, watch};

const NAMES: [&str; 3] = ["chromium-headless-shell", "chromium", "google-chrome"];
const INSTALL: &str = "apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell fonts-dejavu-core";

/// How long the installation may take.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// `BACKCAST_CHROMIUM`, one on PATH, or one freshly installed when this process may install.
///
/// # Errors
/// When there is none and it cannot be installed; the text holds the command that would do it.
pub(crate) fn ensure() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("BACKCAST_CHROMIUM") {
        let named = PathBuf::from(named);
        return match named.is_file() {
            true => Ok(named),
            false => Err(format!("BACKCAST_CHROMIUM={} is no file", named.display())),
        };
    }
    if let Some(found) = NAMES.iter().find_map(|name| process::on_path(name)) {
        return Ok(found);
    }
    let help = format!(
        "no Chromium found; run as root: {INSTALL}\n\
         or name one in BACKCAST_CHROMIUM, or leave the browser tests out with --skip-browser"
    );
    if !is_root() || process::on_path("apt-get").is_none() {
        return Err(help);
    }
    let mut install = Command::new("sh");
    watch::run(install.args(["-c", INSTALL]).env("DEBIAN_FRONTEND", "noninteractive"), LIMIT)
        .map_err(|error| format!("{error}\n{help}"))?;
    NAMES.iter().find_map(|name| process::on_path(name)).ok_or(help)
}

fn is_root() -> bool {
    process::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

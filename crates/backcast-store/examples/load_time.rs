//! How long a bundle takes to load, the calendar of New York included: `cargo run --release --example load_time [NAME]`.

use std::{env, time::Instant};

use backcast_calendar::Calendar;
use backcast_store::{Home, SAMPLE, StoreError, load_bundle};

fn main() -> Result<(), StoreError> {
    let home = Home::find()?;
    let name = env::args().nth(1).unwrap_or_else(|| SAMPLE.to_owned());
    for use_number in 1..=5 {
        let begin = Instant::now();
        let market = load_bundle(&home, &name, false)?;
        let loaded = begin.elapsed();
        let sessions = Calendar::named("XNYS")?.all_sessions().len();
        let both = begin.elapsed();
        println!(
            "use {use_number}: {} assets in {loaded:?}, with {sessions} sessions {both:?}",
            market.assets.len()
        );
    }
    Ok(())
}

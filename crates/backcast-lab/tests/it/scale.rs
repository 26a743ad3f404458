//! Profiles at many sizes become parts with fixed and growing cost.

use backcast_lab::{
    profile::{Area, Builder, Frame, Kind, Node, Profile, Source, Thread},
    scale::{Collector, Grid, Scaling, SizeRange, curves, markdown, words},
    stats::{Random, Shape},
};

/// A profile of one thread with these own times; the process starts and ends in a millisecond.
fn profile(parts: &[(&str, f64)]) -> Profile {
    profile_in(parts, 1e6)
}

/// The same with so many nanoseconds before and after the thread.
fn profile_in(parts: &[(&str, f64)], outside: f64) -> Profile {
    let mut builder = Builder::default();
    let nodes = parts.iter().map(|(name, ns)| {
        let (name, area) = ((*name).to_owned(), Area::Engine);
        let frame = builder.frame(Frame { name, file: None, line: None, kind: Kind::Span, area });
        Node { frame, own_ns: *ns as u64, ..Node::default() }
    });
    let nodes: Vec<Node> = nodes.collect();
    let own: u64 = nodes.iter().map(|node| node.own_ns).sum();
    let (pid, name, source) = (1, "main".to_owned(), Source::Spans);
    let wall_ns = own + 10_000;
    builder.thread(
        Thread {
            pid,
            name,
            count: 1,
            source,
            wall_ns,
            cpu_ns: None,
            samples: 0,
            effective_samples: 0,
        },
        nodes,
    );
    builder.finish("made up", vec![], String::new(), wall_ns + outside as u64)
}

fn grid(ranges: &[&str]) -> Grid {
    let ranges: Vec<SizeRange> = ranges.iter().map(|text| text.parse().unwrap()).collect();
    Grid::new(&ranges, None).unwrap()
}

/// A command that loads at a fixed cost, computes by bars, and does a little besides.
fn scaling(min_share: f64) -> Scaling {
    let grid = grid(&["bars=1k..1M"]);
    let mut random = Random::new(1);
    let mut collector = Collector::default();
    for point in grid.order(5, 1).unwrap() {
        let n = grid.points[point][0] as f64;
        let mut part = |cost: f64| cost * (0.01 * random.normal()).exp();
        let parts = [
            ("load", part(3e6)),
            ("compute", part(2e5 + 40.0 * n)),
            ("note", part(3000.0)),
            ("log", part(2000.0)),
        ];
        collector.add(point, &profile(&parts));
    }
    let place = grid.place(&[]).unwrap();
    Scaling::fit("made up", String::new(), &grid, &collector, min_share, 0.95, place).unwrap()
}

#[test]
fn planted_costs_of_parts_are_found_and_add_up() {
    let scaling = scaling(0.0);
    let model = |name: &str| {
        let place = scaling.parts.iter().position(|part| part.name == name).unwrap();
        &scaling.model.parts[place]
    };
    assert!(model("load").coefficients[0].contains(3e6));
    assert_eq!(model("load").terms.len(), 1);
    let compute = model("compute");
    assert_eq!(compute.terms[1].shape, Shape::Linear);
    assert!(compute.coefficients[0].contains(2e5) && compute.coefficients[1].contains(40.0));
    assert_eq!(model("(unattributed)").coefficients[0].estimate.round(), 10_000.0);
    assert_eq!(model("(start and end of the process)").coefficients[0].estimate.round(), 1e6);
    for run in &scaling.runs {
        assert_eq!(run.whole_ns(), run.wall_ns);
    }
    for n in [1e3, 1e5, 1e7] {
        let sum: f64 = scaling.model.parts.iter().map(|part| part.at(&[n])).sum();
        assert!((scaling.model.whole.at(&[n]) / sum - 1.0).abs() < 1e-12);
    }
    assert!(scaling.wall.is_none(), "one thread");
    assert_eq!(scaling.place, [10_000_000]);
    assert!(scaling.extrapolates() && scaling.prediction.contains(4.215e6 + 40.0 * 1e7));
    assert!((scaling.farthest().ratio - 1.0).abs() < 0.02);
}

#[test]
fn small_parts_are_one_part_and_no_time_is_lost() {
    let (all, few) = (scaling(0.0), scaling(0.01));
    let names: Vec<&str> = few.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(
        names,
        ["compute", "load", "(start and end of the process)", "(3 smaller parts)"],
        "largest at the largest size first"
    );
    for (one, other) in all.runs.iter().zip(&few.runs) {
        assert_eq!((one.whole_ns(), &one.sizes), (other.whole_ns(), &other.sizes));
    }
    assert!(few.model.parts[3].coefficients[0].contains(15_000.0));
}

#[test]
fn the_table_ends_with_the_whole_and_says_each_growth() {
    let scaling = scaling(0.01);
    let lines = words::lines(&scaling);
    let last = lines.iter().rposition(|line| !line.cells[0].is_empty()).unwrap();
    assert_eq!((&*lines[last].cells[0], &*lines[last].cells[5]), ("the whole", "100.00 %"));
    assert!(lines[0].cells[3].ends_with("ns a bar"), "{:?}", lines[0]);
    assert_eq!(lines[1].cells[3], "none");
    assert_eq!(lines[1].cells[6], "100.00 %");
    assert!(words::prediction(&scaling).contains("extrapolated"));
    let text = markdown(&scaling);
    assert!(text.contains("| the whole |") && text.contains("- fixed: "), "{text}");
}

#[test]
fn curves_hold_the_other_sizes_and_reach_the_prediction() {
    let grid = grid(&["bars=1k..16k", "assets=1..16"]);
    let mut collector = Collector::default();
    for point in grid.order(2, 1).unwrap() {
        let [bars, assets] = grid.points[point][..] else { unreachable!("two sizes") };
        let cost = 1e6 + 2e4 * assets as f64 + 30.0 * (bars * assets) as f64;
        let threads = profile(&[("compute", cost)]);
        collector.add(point, &threads);
    }
    let place = grid.place(&[]).unwrap();
    let fit = Scaling::fit("two", String::new(), &grid, &collector, 0.0, 0.95, place).unwrap();
    let lines = curves(&fit, None).unwrap();
    assert_eq!(lines.len(), 6, "three along each size");
    assert_eq!((lines[0].axis, &lines[0].held[..]), (0, &[0, 1][..]));
    assert_eq!((lines[5].axis, &lines[5].held[..]), (1, &[16_000, 0][..]));
    for line in &lines {
        assert_eq!(line.runs.len(), 10);
        let last = line.at.len() - 1;
        let to = [160_000.0, 160.0][line.axis];
        assert!((line.at[last] / to - 1.0).abs() < 1e-9);
        let inside = |i: usize| line.low[i] <= line.cost[i] && line.cost[i] <= line.high[i];
        assert!((0..=last).all(inside));
    }
    let whole = words::lines(&fit);
    assert!(whole.iter().any(|line| line.cells[3].ends_with("a bar of each asset")), "{whole:?}");
}

#[test]
fn a_process_whose_inside_is_not_seen_is_one_part() {
    let grid = grid(&["n=1..9"]);
    let mut collector = Collector::default();
    for point in grid.order(2, 1).unwrap() {
        let wall = 1_000_000 * (1 + grid.points[point][0]);
        collector.add(point, &Builder::default().finish("x", vec![], String::new(), wall));
    }
    let place = grid.place(&[]).unwrap();
    let fit = Scaling::fit("x", String::new(), &grid, &collector, 0.005, 0.95, place).unwrap();
    assert_eq!(fit.parts.len(), 1);
    assert!((fit.model.whole.at(&[4.0]) / 5e6 - 1.0).abs() < 1e-6);
}

#[test]
fn a_sampled_part_that_is_missing_at_small_sizes_pulls_nothing_down() {
    let grid = grid(&["n=64..4096"]);
    let mut collector = Collector::default();
    let mut random = Random::new(1);
    for point in grid.order(3, 1).unwrap() {
        let n = grid.points[point][0] as f64;
        // A sample is worth ten milliseconds; what no sample met is outside, as is the start of an interpreter.
        let sampled = (1e5 * n / 1e7 + random.unit()).floor() * 1e7;
        let parts: &[(&str, f64)] = if n < 100.0 { &[] } else { &[("work", sampled)] };
        collector.add(point, &profile_in(parts, 2.5e8 + 1e5 * n - sampled));
    }
    let place = grid.place(&[]).unwrap();
    let fit = Scaling::fit("x", String::new(), &grid, &collector, 0.0, 0.95, place).unwrap();
    let work = fit.parts.iter().position(|part| part.name == "work").unwrap();
    let said = fit.model.parts[work].at(&[4096.0]);
    assert!((said / 4.1e8 - 1.0).abs() < 0.25, "{said}");
    assert!(fit.prediction.contains(2.5e8 + 4.1e9), "{:?}", fit.prediction);
}

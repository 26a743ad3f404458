//! Shares of spans: exact, complete, recursion once.

use backcast_lab::profile::{Builder, Calls, Functions, Kind, Split, View, read_spans, words};

use super::{example, names, profile, span};

#[test]
fn a_call_path_of_six_tenths_of_a_per_cent_is_listed_and_one_of_four_tenths_is_not() {
    let spans = [
        span(1, None, "engine.run", 990_000),
        span(2, Some(1), "engine.large_enough", 6_000),
        span(3, Some(1), "engine.too_small", 4_000),
    ];
    let profile = profile(1_000_000, &spans);
    let view = View::of(&profile);
    let listed = |share| {
        let rows = view.above(share).0;
        rows.iter().map(|row| view.rows[*row].name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(0.005), ["main", "engine.run", "engine.large_enough"]);
    assert_eq!(listed(0.003).len(), 4);
    let (_, hidden, own) = view.above(0.005);
    assert_eq!((hidden, own), (1, 4_000));
}

#[test]
fn own_times_and_the_rest_add_up_to_the_whole() {
    let profile = example();
    assert!(profile.largest_gap() < 0.001, "{}", profile.largest_gap());
    let view = View::of(&profile);
    let own: f64 = view.rows.iter().map(|row| view.share(row.own_ns)).sum();
    assert!((own - 1.0).abs() < 1e-12, "{own}");
    assert_eq!(view.rows[0].total_ns, 1_000_000);
    let rest = view.rows.iter().find(|row| row.kind == Kind::Unattributed).unwrap();
    assert_eq!(rest.own_ns, 50_000);
    for (i, row) in view.rows.iter().enumerate() {
        let below = view.rows.iter().filter(|child| child.parent == Some(i));
        let below: u64 = below.map(|child| child.total_ns).sum();
        assert_eq!(row.total_ns, row.own_ns + below, "{}", row.name);
    }
}

#[test]
fn the_cost_of_the_spans_is_taken_off_and_shown() {
    let with_cost = |id, parent, name, self_ns: u64, overhead_ns: u64| {
        let mut span = span(id, parent, name, self_ns);
        span["overhead_ns"] = overhead_ns.into();
        span
    };
    let spans = [
        with_cost(1, None, "engine.run", 300_000, 50_000),
        with_cost(2, Some(1), "engine.fill_orders", 100_000, 20_000),
        // No span costs more than it took.
        with_cost(3, Some(1), "engine.mark", 10_000, 40_000),
    ];
    let profile = profile(1_000_000, &spans);
    assert_eq!(profile.largest_gap(), 0.0);
    let view = View::of(&profile);
    let own = |name: &str| view.rows.iter().find(|row| row.name == name).unwrap().own_ns;
    assert_eq!(
        (own("engine.run"), own("engine.fill_orders"), own("engine.mark")),
        (250_000, 80_000, 0)
    );
    assert_eq!((own("(cost of the spans)"), own("(unattributed)")), (80_000, 590_000));
    assert_eq!(view.rows.iter().map(|row| row.own_ns).sum::<u64>(), 1_000_000);
}

#[test]
fn a_recursion_counts_once_in_the_total_of_its_function() {
    let example = example();
    let view = View::of(&example);
    let functions = Functions::of(&view).list;
    let fill = functions.iter().find(|f| f.row.name == "engine.fill_orders").unwrap();
    // The second is called by the first from the same place in the source; here they differ by their line.
    assert_eq!((fill.own_ns, fill.total_ns), (200_000, 300_000));
    let same_line = {
        let mut inner = span(3, Some(2), "engine.fill_orders", 100_000);
        inner["line"] = 2.into();
        let outer = span(2, Some(1), "engine.fill_orders", 200_000);
        profile(1_000_000, &[span(1, None, "engine.run", 0), outer, inner])
    };
    let view = View::of(&same_line);
    let functions = Functions::of(&view).list;
    let fill = functions.iter().find(|f| f.row.name == "engine.fill_orders").unwrap();
    assert_eq!((fill.own_ns, fill.total_ns), (300_000, 300_000));
}

#[test]
fn equal_call_paths_are_one_row_wherever_their_function_was_first_seen() {
    let step = |id, parent| {
        let mut step = span(id, Some(parent), "user.step", 10 * u64::from(id));
        step["line"] = 7.into();
        step
    };
    let (a, b) = (span(1, None, "user.a", 100), span(2, None, "user.b", 200));
    let profile =
        profile(1_000, &[a, b, step(3, 1), step(4, 2), step(5, 1), step(6, 2), step(7, 1)]);
    let view = View::of(&profile);
    let steps = view.rows.iter().filter(|row| row.name == "user.step");
    let found: Vec<_> =
        steps.map(|row| (&*view.rows[row.parent.unwrap()].name, row.own_ns)).collect();
    assert_eq!(found, [("user.b", 100), ("user.a", 150)]);
}

#[test]
fn the_closing_line_counts_areas_and_their_ratio() {
    let split = Split::of(&example());
    assert_eq!((split.engine_ns, split.data_ns, split.computation_ns), (600_000, 200_000, 150_000));
    assert_eq!((split.unattributed_ns, split.total_ns()), (50_000, 1_000_000));
    assert_eq!(
        words::closing_line(&split),
        "user code 0.0 %, data preparation 20.0 %, engine 60.0 %, computation 15.0 %, unattributed 5.0 %; \
         preparation to computation 1.33 : 1"
    );
}

#[test]
fn siblings_stand_largest_first_below_their_caller() {
    assert_eq!(
        names(&View::of(&example())),
        [
            "main",
            "engine.run",
            "engine.fill_orders",
            "engine.fill_orders",
            "rules.<b>series</b>;|x",
            "data.load",
            "(unattributed)",
        ]
    );
}

#[test]
fn percentiles_come_from_the_histogram() {
    let calls = Calls {
        count: 100,
        min_ns: 5,
        max_ns: 1_000,
        histogram: vec![(10, 50), (20, 45), (1_000, 5)],
        ..Calls::default()
    };
    let quantiles = [0.5, 0.51, 0.95, 0.96, 1.0].map(|q| calls.quantile(q).unwrap());
    assert_eq!(quantiles, [10, 20, 20, 1_000, 1_000]);
    assert_eq!(Calls::default().quantile(0.5), None);
}

#[test]
fn calls_of_a_hundred_thousand_deep_recursion_are_added_without_recursion() {
    let mut spans = vec![span(1, None, "user.down", 1)];
    spans.extend((2..=100_000).map(|id| span(id, Some(id - 1), "user.down", 1)));
    let profile = profile(100_000, &spans);
    let view = View::of(&profile);
    assert_eq!(view.rows[1].total_ns, 100_000);
    assert_eq!(view.rows.last().unwrap().depth, 100_000);
    assert_eq!(Functions::of(&view).list.len(), 100_000);
}

#[test]
fn processor_time_of_spans_adds_up_to_that_of_their_thread() {
    let sampled = |id, name, self_ns: u64, samples: u64, sampled_cpu_ns: u64| {
        let mut span = span(id, None, name, self_ns);
        span["samples"] = samples.into();
        span["sampled_cpu_ns"] = sampled_cpu_ns.into();
        span
    };
    let spans = [
        sampled(1, "engine.play", 600_000, 600, 400_000),
        sampled(2, "engine.wait", 300_000, 300, 0),
        sampled(3, "engine.short", 14_000, 2, 0),
    ];
    let mut recording: serde_json::Value =
        serde_json::from_str(&super::recording(1_000_000, &spans)).unwrap();
    recording["threads"][0]["cpu_ns"] = 580_000.into();
    recording["threads"][0]["unattributed"] =
        serde_json::json!({ "self_ns": 86_000, "samples": 86, "sampled_cpu_ns": 5_000 });
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::default();
    read_spans(&super::written(&folder, "spans.json", &recording.to_string()), &mut builder)
        .unwrap();
    let profile = builder.finish("x", vec![], String::new(), 1_000_000);
    let view = View::of(&profile);
    let cpu = |name: &str| view.rows.iter().find(|row| row.name == name).unwrap().cpu_ns;
    assert_eq!((cpu("engine.wait"), cpu("engine.short")), (Some(0), None));
    assert!(cpu("engine.play").unwrap() > 550_000, "{:?}", cpu("engine.play"));
    assert_eq!(view.rows.iter().filter_map(|row| row.cpu_ns).sum::<u64>(), 580_000);
}

#[test]
fn how_often_spans_were_looked_at_is_said_for_the_process_with_the_fewest_looks() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::default();
    for (looks, period_ns) in [(500, 2_000_000), (250, 4_000_000)] {
        let mut recording: serde_json::Value =
            serde_json::from_str(&super::recording(1_000_000_000, &[span(1, None, "a", 1)]))
                .unwrap();
        recording["sampler"] = serde_json::json!({
            "wanted_period_ns": 1_000_000, "period_ns": period_ns, "samples": looks, "cpu_ns": 1,
        });
        let path = super::written(&folder, "spans.json", &recording.to_string());
        read_spans(&path, &mut builder).unwrap();
    }
    let profile = builder.finish("x", vec![], String::new(), 1_000_000_000);
    let facts = words::facts(&profile);
    let (_, said) = facts.iter().find(|(name, _)| *name == "looks at spans").unwrap();
    assert!(said.starts_with("750 at 250 a second of 1000 wanted"), "{said}");
}

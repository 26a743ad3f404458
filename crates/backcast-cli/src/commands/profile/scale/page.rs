//! A scaling as a page.

use backcast_lab::scale::{Curve, Scaling, curves, words};
use backcast_report::{Cell, Column, Format, Page, Table, lab};

use crate::failure::Failure;

/// The page with the plot and the table.
pub(super) fn page(scaling: &Scaling, notices: &[String]) -> Result<Page, Failure> {
    let facts = words::facts(scaling).into_iter();
    let mut manifest: Vec<(String, String)> =
        facts.map(|(name, said)| (name.to_owned(), said)).collect();
    manifest.push(("taken at".to_owned(), scaling.taken_at.clone()));
    manifest.push(("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
    let mut parts = vec![part(scaling, "the whole".to_owned(), None)?];
    for (i, named) in scaling.parts.iter().enumerate() {
        parts.push(part(scaling, words::label(named), Some(i))?);
    }
    Ok(Page {
        title: format!("Cost of {} by size", scaling.name),
        subtitle: "What is fixed and what grows, for each part; parts add up to the whole."
            .to_owned(),
        manifest,
        notices: notices.to_vec(),
        scale: Some(lab::Scale {
            closing: words::prediction(scaling),
            sizes: scaling.sizes.clone(),
            measured: scaling.largest(),
            parts,
            costs: Some(costs(scaling)),
        }),
        ..Page::default()
    })
}

fn part(scaling: &Scaling, name: String, part: Option<usize>) -> Result<lab::ScalePart, Failure> {
    let lines = curves(scaling, part)
        .map_err(|error| Failure::could_not_measure(error.to_string()))?
        .into_iter()
        .map(|curve| line(scaling, curve))
        .collect();
    Ok(lab::ScalePart { name, lines })
}

fn line(scaling: &Scaling, curve: Curve) -> lab::ScaleLine {
    let others = |size: &usize| *size != curve.axis;
    let kept: Vec<usize> = (0..scaling.sizes.len()).filter(others).collect();
    let names: Vec<String> = kept.iter().map(|size| scaling.sizes[*size].clone()).collect();
    let held: Vec<u64> = kept.iter().map(|size| curve.held[*size]).collect();
    let seconds = |values: Vec<f64>| values.into_iter().map(|ns| ns / 1e9).collect();
    lab::ScaleLine {
        axis: curve.axis,
        name: words::place(&names, &held),
        at: curve.at,
        cost: seconds(curve.cost),
        low: seconds(curve.low),
        high: seconds(curve.high),
        runs: curve.runs.into_iter().map(|(size, ns)| (size, ns / 1e9)).collect(),
    }
}

fn costs(scaling: &Scaling) -> Table {
    let column = |(i, name): (usize, &&str)| {
        let letters = name.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        let help = match i {
            2 | 4 => "at the level of 95 %",
            5 => "share of the whole at the largest sizes, by the model",
            6 => "share of the part at the largest sizes that does not grow",
            7 => "deviation of single runs from the model",
            _ => "",
        };
        Column { name: letters + &name[1..], format: Format::Plain, help: help.to_owned() }
    };
    let mut part = String::new();
    // A row that goes on from the one above it names its part as well, so that any order can be read.
    let named = |line: words::Line| {
        let mut cells = line.cells;
        match cells[0].is_empty() {
            true => cells[0].clone_from(&part),
            false => part.clone_from(&cells[0]),
        }
        cells.map(Cell::Text).into()
    };
    let rows = words::lines(scaling).into_iter().map(named).collect();
    Table {
        caption: "Costs of the parts".to_owned(),
        columns: words::HEADINGS.iter().enumerate().map(column).collect(),
        rows,
    }
}

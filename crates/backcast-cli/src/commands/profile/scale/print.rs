//! A scaling for people, and its rows for programs.

use backcast_lab::{
    scale::{Part, Scaling, words},
    stats::CostModel,
};

use super::super::print::plain;
use crate::{
    failure::Failure,
    table::{Cell, Column, Table},
    terminal::Terminal,
};

/// Prints everything.
pub(super) fn table(
    scaling: &Scaling,
    notices: &[String],
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    terminal.print(&format!("{}\n\n", plain(&scaling.name)))?;
    for (name, said) in words::facts(scaling) {
        terminal.print(&format!("{name:<18} {}\n", plain(&said)))?;
    }
    for notice in notices {
        terminal.print(&format!("{:<18} {notice}\n", "note"))?;
    }
    let mut table = Table::new(words::HEADINGS.iter().map(|title| Column::new(*title)).collect());
    for line in words::lines(scaling) {
        table.push(line.cells.iter().map(|cell| plain(cell).into()).collect());
    }
    (1..words::HEADINGS.len()).for_each(|column| table.align_right(column));
    terminal.print("\n")?;
    terminal.print(&table.for_people())?;
    terminal.print(&format!("\n{}\n", words::prediction(scaling)))
}

/// A row for each term of each part, and of the whole.
pub(super) fn rows(scaling: &Scaling) -> Table {
    let columns = [
        "part",
        "file",
        "line",
        "term",
        "ns",
        "low_ns",
        "high_ns",
        "share_at_largest",
        "fixed_share",
        "scatter",
    ];
    let mut table = Table::new(columns.into_iter().map(Column::new).collect());
    for (part, model) in scaling.parts.iter().zip(&scaling.model.parts) {
        push(scaling, part, model, &mut table);
    }
    let whole = Part { name: "the whole".to_owned(), file: None, line: None };
    push(scaling, &whole, &scaling.model.whole, &mut table);
    table
}

fn push(scaling: &Scaling, part: &Part, model: &CostModel, table: &mut Table) {
    let largest = scaling.largest();
    for (term, coefficient) in model.terms.iter().zip(&model.coefficients) {
        table.push(vec![
            part.name.as_str().into(),
            part.file.clone().into(),
            part.line.map(f64::from).into(),
            term.name(&scaling.sizes).into(),
            coefficient.estimate.into(),
            coefficient.low.into(),
            coefficient.high.into(),
            scaling.share(model, &largest).into(),
            model.fixed_share(&largest).into(),
            Cell::from(model.scatter),
        ]);
    }
}

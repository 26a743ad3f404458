//! `backcast indicators`: what can be computed, from what, and by which formula.

use backcast_indicators::{IndicatorSpec, OutputUnit, ParamSpec, catalog, find};

use crate::{
    failure::Failure,
    table::{Column, Format, Table},
    terminal::Terminal,
};

/// Indicators: inputs, parameters, outputs, warm-up, formula and its source
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  backcast indicators\n  backcast indicators rsi")]
pub(crate) struct Args {
    /// Name of one indicator; without one all are listed
    name: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints one indicator, or the list.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let Some(name) = &args.name else {
        let specs: Vec<&IndicatorSpec> = catalog().iter().collect();
        return match args.format {
            Format::Table => {
                list(&specs).print(Format::Table, terminal)?;
                terminal.flush()?;
                terminal.say("`backcast indicators NAME` says more about one of them");
                Ok(())
            }
            format => exact(&specs).print(format, terminal),
        };
    };
    let spec = find(&name.trim().to_lowercase()).ok_or_else(|| unknown(name))?;
    match args.format {
        Format::Table => terminal.print(&page(spec)),
        format => exact(&[spec]).print(format, terminal),
    }
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = catalog()
        .iter()
        .flat_map(|spec| std::iter::once(spec.name).chain(spec.aliases.iter().copied()))
        .collect();
    let failure = Failure::new(format!("no indicator is called `{name}`"));
    match crate::failure::nearest(name, names.iter().copied()) {
        Some(near) => {
            failure.help(format!("did you mean `{near}`? `backcast indicators` lists all"))
        }
        None => failure.help("`backcast indicators` lists all"),
    }
}

/// `sma(series = close, period)`, as it is written in rules.
fn call(spec: &IndicatorSpec) -> String {
    let inputs = spec.inputs.iter().map(|input| input.default_column.to_owned());
    let params = spec.params.iter().map(|param| match param.default {
        Some(value) => format!("{} = {value}", param.name),
        None => param.name.to_owned(),
    });
    format!("{}({})", spec.name, inputs.chain(params).collect::<Vec<_>>().join(", "))
}

fn list(specs: &[&IndicatorSpec]) -> Table {
    let columns = ["name", "written as", "outputs", "what it is"];
    let mut table = Table::new(columns.map(Column::new).to_vec());
    for spec in specs {
        let outputs: Vec<&str> = spec.outputs.iter().map(|output| output.name).collect();
        table.push(vec![
            spec.name.into(),
            call(spec).into(),
            outputs.join(", ").into(),
            spec.title.into(),
        ]);
    }
    table
}

fn exact(specs: &[&IndicatorSpec]) -> Table {
    let columns = [
        "name",
        "aliases",
        "title",
        "summary",
        "inputs",
        "parameters",
        "outputs",
        "warm_up",
        "undefined",
        "source",
    ];
    let mut table = Table::new(columns.map(Column::new).to_vec());
    for spec in specs {
        let inputs: Vec<_> =
            spec.inputs.iter().map(|i| format!("{}={}", i.name, i.default_column)).collect();
        let params: Vec<_> = spec
            .params
            .iter()
            .map(|p| p.default.map_or(p.name.to_owned(), |value| format!("{}={value}", p.name)))
            .collect();
        let outputs: Vec<_> = spec.outputs.iter().map(|output| output.name).collect();
        table.push(vec![
            spec.name.into(),
            spec.aliases.join(" ").into(),
            spec.title.into(),
            spec.summary.into(),
            inputs.join(" ").into(),
            params.join(" ").into(),
            outputs.join(" ").into(),
            spec.warm_up_text.into(),
            spec.undefined.into(),
            spec.source.into(),
        ]);
    }
    table
}

/// Everything about one indicator.
fn page(spec: &IndicatorSpec) -> String {
    let mut page = format!("{}: {}\n{}\n\n", spec.name, spec.title, spec.summary);
    let mut line = |name: &str, text: &str| page += &format!("{name:<12}{text}\n");
    line("written as", &call(spec));
    if !spec.aliases.is_empty() {
        line("also called", &spec.aliases.join(", "));
    }
    for (i, input) in spec.inputs.iter().enumerate() {
        let text = format!(
            "{}: any series, the column `{}` if not given",
            input.name, input.default_column
        );
        line(if i == 0 { "inputs" } else { "" }, &text);
    }
    for (i, param) in spec.params.iter().enumerate() {
        line(if i == 0 { "parameters" } else { "" }, &parameter(param));
    }
    for (i, output) in spec.outputs.iter().enumerate() {
        let unit = match output.unit {
            OutputUnit::SameAsInput => "in the unit of its input",
            OutputUnit::Price => "a price or a difference of prices",
            OutputUnit::Ratio => "a number without a unit",
        };
        let written = match spec.outputs.len() {
            1 => String::new(),
            _ => format!(", written {}(...).{}", spec.name, output.name),
        };
        line(if i == 0 { "outputs" } else { "" }, &format!("{}: {unit}{written}", output.name));
    }
    let defaults: Option<Vec<f64>> = spec.params.iter().map(|param| param.default).collect();
    let bars = defaults.map(|params| (spec.warm_up)(&params, 0));
    let bars = bars.map(|n| format!("; {n} bars with the defaults")).unwrap_or_default();
    line("warm-up", &format!("{} bars{bars}", spec.warm_up_text));
    line("undefined", spec.undefined);
    line("formula", spec.source);
    page
}

fn parameter(param: &ParamSpec) -> String {
    let kind = if param.integer { "whole number" } else { "number" };
    let default = match param.default {
        Some(value) => format!("{value} if not given"),
        None => "must be given".to_owned(),
    };
    format!(
        "{}: {}; {kind} from {} to {}, {default}",
        param.name, param.summary, param.min, param.max
    )
}

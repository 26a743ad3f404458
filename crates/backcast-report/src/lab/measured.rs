//! Measurements: dots with intervals over runs, sessions, a parameter or names, and the tables beside them.

use crate::model::Table;

/// One thing that was measured.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Id of its element, of small letters, digits and dashes; unlike all other ids of the page.
    pub id: String,
    /// What it is called.
    pub heading: String,
    /// What follows from it, in a sentence or two. May be empty.
    pub lead: String,
    /// Drawn first, in this order.
    pub figures: Vec<Figure>,
    /// Ids and tables, below the figures.
    pub tables: Vec<(String, Table)>,
}

/// A figure, of which the reader may choose among several views.
#[derive(Debug, Clone, Default)]
pub struct Figure {
    /// Id of its element, as that of [`Measured`].
    pub id: String,
    /// Stands above it.
    pub title: String,
    /// What it shows, for screen readers.
    pub label: String,
    /// One or more; the first is shown at the start.
    pub views: Vec<View>,
}

/// What a figure shows at a time.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// What the reader chooses it by.
    pub name: String,
    /// A sentence below it. May be empty.
    pub note: String,
    /// To the right.
    pub x: Axis,
    /// Upwards; names stand downwards, the first on top.
    pub y: Axis,
    /// What is drawn, the last on top.
    pub dots: Vec<Dots>,
    /// Lines and bands behind it.
    pub marks: Vec<Mark>,
}

/// What an axis measures.
#[derive(Debug, Clone)]
pub enum Axis {
    /// Numbers, under a title with their unit: `time of a run (ms)`.
    Number(String),
    /// The same on a logarithmic scale; all numbers are above zero.
    Logarithm(String),
    /// Seconds since 1970 UTC, shown as dates.
    Time(String),
    /// Positions of names: 0 for the first.
    Names(Vec<String>),
}

/// Points of one kind.
#[derive(Debug, Clone, Default)]
pub struct Dots {
    /// As it stands in the legend.
    pub name: String,
    /// Equal things have equal colours on all figures.
    pub colour: Colour,
    /// How they are drawn.
    pub look: Look,
    /// Along which axis their intervals lie, if they have some.
    pub interval: Option<Along>,
    /// In order.
    pub dots: Vec<Dot>,
}

/// One point.
#[derive(Debug, Clone, Default)]
pub struct Dot {
    /// Place on the x axis.
    pub x: f64,
    /// Place on the y axis.
    pub y: f64,
    /// Lower and upper end of its interval, where its kind has one.
    pub ends: Option<(f64, f64)>,
    /// Lines told where the pointer rests on it.
    pub told: Vec<String>,
}

/// A line across the figure, or a band where its ends differ.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The axis that its ends are on.
    pub along: Along,
    /// One end.
    pub from: f64,
    /// The other.
    pub to: f64,
    /// Stands at its end. May be empty.
    pub label: String,
    /// Of line or band.
    pub colour: Colour,
}

/// An axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// To the right.
    X,
    /// Upwards.
    Y,
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colour {
    /// What is in question, the state after a change.
    #[default]
    Candidate,
    /// What it is compared with, the state before.
    Base,
    /// What asks for attention.
    Alarm,
    /// Scales and limits.
    Quiet,
}

/// How points are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Look {
    /// Each by itself.
    #[default]
    Dots,
    /// Each as a larger ring, around what asks for attention.
    Rings,
    /// Each as a diamond.
    Diamonds,
    /// Joined, with a dot for each.
    Line,
    /// Joined by stairs, without dots.
    Stairs,
}

impl Default for Axis {
    fn default() -> Axis {
        Axis::Number(String::new())
    }
}

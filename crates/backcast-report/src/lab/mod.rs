//! Sections of the performance laboratory. Times are seconds, shares plain numbers; all of it arrives computed.

mod measured;
mod profile;
mod scale;

pub use measured::{Along, Axis, Colour, Dot, Dots, Figure, Look, Mark, Measured, View};
pub use profile::{ChangeRow, FlameRow, ProcessPoint, Profile};
pub use scale::{Scale, ScaleLine, ScalePart};

//! Folded stacks, as Brendan Gregg's flame graph scripts read them: `thread;caller;callee nanoseconds`.

use super::super::{Profile, View};

/// A line for each call path with time of its own; times add up to all thread time.
pub fn folded(profile: &Profile) -> String {
    let view = View::of(profile);
    let mut out = String::new();
    // The stack of the current row, and where it ends at each depth.
    let (mut stack, mut ends) = (String::new(), Vec::new());
    for row in &view.rows {
        ends.truncate(row.depth);
        stack.truncate(ends.last().copied().unwrap_or(0));
        if row.depth > 0 {
            stack.push(';');
        }
        // These separate frames and lines.
        stack.extend(row.name.chars().map(|c| match c {
            ';' => ':',
            c if c.is_control() => ' ',
            c => c,
        }));
        ends.push(stack.len());
        if row.own_ns > 0 {
            out.push_str(&stack);
            out.push_str(&format!(" {}\n", row.own_ns));
        }
    }
    out
}

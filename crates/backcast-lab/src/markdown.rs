//! Text in Markdown.

/// Text that means itself, in a line or in a cell of a table: no markup, no link, no new cell.
///
/// # Examples
/// ```
/// # use backcast_lab::markdown::plain;
/// assert_eq!(plain("<b>a|b</b>\n"), r"&lt;b&gt;a\|b&lt;/b&gt; ");
/// ```
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

//! A line that shows how something went lately. Drawn with attributes only: the page's policy allows no inline style.

use maud::{Markup, html};

const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 28.0;

/// Values in order, `None` where nothing was measured, with the limit as a dashed line where there is one.
pub(crate) fn sparkline(values: &[Option<f64>], limit: Option<f64>, label: &str) -> Markup {
    let known = values.iter().flatten().copied();
    let top = known.clone().chain(limit).fold(1.0, f64::max) * 1.1;
    if known.count() < 2 {
        return html! { span.dim { "not enough samples yet" } };
    }
    let y = |value: f64| HEIGHT - value / top * HEIGHT;
    html! {
        svg.spark viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) role="img" aria-label=(label) {
            @if let Some(limit) = limit {
                line.limit x1="0" x2=(WIDTH) y1={ (format!("{:.1}", y(limit))) } y2={ (format!("{:.1}", y(limit))) } {}
            }
            @for piece in pieces(values, y) { polyline points=(piece) {} }
        }
    }
}

/// One line for each stretch without a gap.
fn pieces(values: &[Option<f64>], y: impl Fn(f64) -> f64) -> Vec<String> {
    let step = WIDTH / f64::from(u32::try_from(values.len().max(2) - 1).unwrap_or(u32::MAX));
    let mut pieces = vec![String::new()];
    let mut x = 0.0;
    for value in values {
        match (value, pieces.last_mut()) {
            (Some(value), Some(piece)) => piece.push_str(&format!("{x:.1},{:.1} ", y(*value))),
            (None, Some(piece)) if !piece.is_empty() => pieces.push(String::new()),
            _ => {}
        }
        x += step;
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line() {
        let drawn = sparkline(&[Some(1.0), Some(2.0), None, Some(3.0)], Some(2.5), "p95").into_string();
        assert_eq!(drawn.matches("<polyline").count(), 2);
        assert_eq!(drawn.matches("class=\"limit\"").count(), 1);
    }

    #[test]
    fn one_sample_is_no_line() {
        assert!(sparkline(&[None, Some(1.0)], None, "p95").into_string().contains("not enough"));
    }
}

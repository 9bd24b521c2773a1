//! Where the points of a curve stand in its drawing. Numbers in, numbers out; no colours, no judgement.

/// Width of the drawing, in its own units.
pub const WIDTH: u32 = 600;
/// Height of the drawing, in its own units.
pub const HEIGHT: u32 = 100;
/// More columns than this cannot be told apart.
pub const MOST_COLUMNS: usize = 48;

/// One column of the drawing: a moment and the worst value measured around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Unix seconds.
    pub at: i64,
    /// The value; `None` is a gap.
    pub value: Option<f64>,
}

/// Puts the points into at most [`MOST_COLUMNS`] columns, keeping the worst value of each, so that no breach is lost.
/// A column is a gap only where no point of it has a value.
pub fn columns(points: &[(i64, Option<f64>)], high_is_worse: bool) -> Vec<Column> {
    columns_at_most(MOST_COLUMNS, points, high_is_worse)
}

/// The same with at most `most` columns, for drawings as wide as the page.
pub fn columns_at_most(most: usize, points: &[(i64, Option<f64>)], high_is_worse: bool) -> Vec<Column> {
    let size = points.len().div_ceil(most.max(1)).max(1);
    points
        .chunks(size)
        .filter_map(|chunk| {
            let at = chunk.last()?.0;
            let values = chunk.iter().filter_map(|(_, value)| value.filter(|value| value.is_finite()));
            let value = if high_is_worse { values.reduce(f64::max) } else { values.reduce(f64::min) };
            Some(Column { at, value })
        })
        .collect()
}

/// The highest value that the drawing reaches: room above the limit and above every value.
pub fn top(columns: &[Column], limit: f64) -> f64 {
    let highest = columns.iter().filter_map(|column| column.value).fold(0.0, f64::max);
    let wanted = (limit * 1.25).max(highest * 1.1);
    if wanted.is_finite() && wanted > 0.0 { wanted } else { 1.0 }
}

/// The distance from the upper edge for a value.
pub fn y(value: f64, top: f64) -> i32 {
    let share = (value / top).clamp(0.0, 1.0);
    whole(f64::from(HEIGHT) * (1.0 - share))
}

/// The distance from the left edge for the middle of a column.
pub fn x(index: usize, count: usize) -> i32 {
    let width = usize::try_from(WIDTH).unwrap_or(0);
    i32::try_from((2 * index + 1) * width / (2 * count.max(1))).unwrap_or(0)
}

/// The distance from the left edge for a moment between `from` and `to`; `None` outside of them.
pub fn x_at(at: i64, from: i64, to: i64) -> Option<i32> {
    if at < from || at > to || from == to {
        return None;
    }
    i32::try_from((at - from) * i64::from(WIDTH) / (to - from)).ok()
}

/// The curve as path data: one stroke per run of values, interrupted by gaps; a lone value is a short dash.
pub fn path(columns: &[Column], top: f64) -> String {
    let mut data = String::new();
    let mut drawing = false;
    for (index, column) in columns.iter().enumerate() {
        let Some(value) = column.value else {
            drawing = false;
            continue;
        };
        let (x, y) = (x(index, columns.len()), y(value, top));
        let alone = !drawing && columns.get(index + 1).is_none_or(|next| next.value.is_none());
        let piece = match (drawing, alone) {
            (true, _) => format!("L{x} {y}"),
            (false, true) => format!("M{} {y}h6", x - 3),
            (false, false) => format!("M{x} {y}"),
        };
        data.push_str(&piece);
        drawing = true;
    }
    data
}

/// A value for people: as many digits as it deserves.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a distance within a drawing of a few hundred units")]
fn whole(value: f64) -> i32 {
    value.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(value: Option<f64>) -> Column {
        Column { at: 0, value }
    }

    #[test]
    fn many_points_become_few_columns_and_the_worst_of_each_is_kept() {
        let mut points: Vec<_> = (0..480).map(|at| (at, Some(1.0))).collect();
        points[123].1 = Some(50.0);
        let columns = columns(&points, true);
        assert_eq!(columns.len(), MOST_COLUMNS);
        assert_eq!(columns.iter().filter(|column| column.value == Some(50.0)).count(), 1);
        points[123].1 = Some(0.1);
        assert!(super::columns(&points, false).iter().any(|column| column.value == Some(0.1)));
    }

    #[test]
    fn what_was_not_measured_is_a_gap_and_not_a_zero() {
        let points = [(0, Some(2.0)), (1, None), (2, Some(f64::NAN)), (3, Some(2.0))];
        let columns = columns(&points, true);
        assert_eq!(
            columns.iter().map(|column| column.value).collect::<Vec<_>>(),
            [Some(2.0), None, None, Some(2.0)]
        );
        assert_eq!(path(&columns, 4.0), "M72 50h6M522 50h6");
        assert_eq!(path(&[column(Some(4.0)), column(Some(0.0))], 4.0), "M150 0L450 100");
    }

    #[test]
    fn the_limit_and_every_value_are_inside_the_drawing() {
        assert!((top(&[column(Some(3.0))], 10.0) - 12.5).abs() < 1e-9);
        assert!((top(&[column(Some(100.0))], 10.0) - 110.0).abs() < 1e-9);
        for (values, limit) in [(Some(0.0), 0.0), (None, f64::NAN), (Some(-3.0), 0.0)] {
            let top = top(&[column(values)], limit);
            assert!(top > 0.0 && top.is_finite());
        }
        assert_eq!((y(-5.0, 1.0), y(9.0, 1.0), y(0.5, 1.0)), (100, 0, 50));
    }

    #[test]
    fn moments_outside_of_the_drawing_are_not_marked() {
        assert_eq!(x_at(50, 0, 100), Some(300));
        assert_eq!((x_at(-1, 0, 100), x_at(101, 0, 100), x_at(5, 5, 5)), (None, None, None));
    }

    #[test]
    fn numbers_have_as_many_digits_as_they_deserve() {
        for (value, text) in [(0.4, "0.40"), (12.34, "12.3"), (310.4, "310"), (5000.0, "5000"), (0.0, "0")] {
            assert_eq!(number(value), text);
        }
    }
}

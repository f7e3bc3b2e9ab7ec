//! "Did you mean": the known name nearest to a wrong one.

/// Names looked at: in a larger crowd a suggestion is worth less than the time to find it.
const CROWD: usize = 2000;
/// Letters of a name that are compared at most.
const LONGEST: usize = 80;

/// The known name nearest to a wrong one, if one is near enough to be what was meant.
#[must_use]
pub fn nearest<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if wrong.len() > LONGEST {
        return None;
    }
    let letters = wrong.chars().count();
    if letters < 2 {
        return None;
    }
    let limit = (letters / 3).max(1);
    let known: Vec<&str> = known.into_iter().take(CROWD + 1).collect();
    if known.len() > CROWD {
        return None;
    }
    let near = known.into_iter().filter(|name| name.len().abs_diff(wrong.len()) <= limit);
    let scored = near.map(|name| (distance(wrong, name), name)).filter(|(distance, _)| *distance <= limit);
    scored.min().map(|(_, name)| name)
}

/// "Did you mean" as a help line.
#[must_use]
pub fn did_you_mean<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    nearest(wrong, known).map(|name| format!("did you mean `{name}`?"))
}

/// The nearest name, or else what there is.
#[must_use]
pub fn did_you_mean_or<'n>(wrong: &str, what: &str, known: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    did_you_mean(wrong, known.clone()).or_else(|| {
        let mut names: Vec<String> = known.take(9).map(|name| format!("`{name}`")).collect();
        if names.len() > 8 {
            "...".clone_into(&mut names[8]);
        }
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    })
}

/// How many letters must be changed, added, dropped, or swapped with their neighbour; case does not count.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut table = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for (i, row) in table.iter_mut().enumerate() {
        row[0] = i;
    }
    table[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(table[i - 2][j - 2] + 1);
            }
            table[i][j] = best;
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["guard", "license", "releases", "path"];
        assert_eq!(nearest("licence", known), Some("license"));
        assert_eq!(nearest("gaurd", known), Some("guard"));
        assert_eq!(nearest("frobnicate", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), known), None);
    }
}

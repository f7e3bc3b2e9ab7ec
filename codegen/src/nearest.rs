//! "Did you mean": the known name that is nearest to an unknown one.

/// The known name that is nearest to `word`, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase(), bound), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= bound)
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, remove, replace, swap of neighbours) from one word to the other; `bound + 1` if there are more.
fn distance(from: &str, to: &str, bound: usize) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.len().abs_diff(to.len()) > bound {
        return bound + 1;
    }
    let mut before = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 1..=from.len() {
        let mut row = vec![i; to.len() + 1];
        for j in 1..=to.len() {
            let replaced = last[j - 1] + usize::from(from[i - 1] != to[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[to.len()].min(bound + 1)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_edits() {
        for (from, to, edits) in [("", "", 0), ("ab", "ba", 1), ("abc", "ab", 1), ("abc", "xyz", 3), ("ä", "a", 1)] {
            assert_eq!(distance(from, to, 9), edits, "{from} -> {to}");
        }
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(nearest("relase", ["path", "release"]), Some("release"));
        assert_eq!(nearest("AZ0O01", ["AZ0001", "AZ0002"]), Some("AZ0001"));
        assert_eq!(nearest("banana", ["path", "release"]), None);
        assert_eq!(nearest("", ["path"]), None);
    }
}

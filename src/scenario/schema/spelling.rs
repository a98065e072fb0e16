//! Spellings: what an unknown word was probably meant to be.

/// Longer words are no misspelt ones.
const LONGEST: usize = 40;

/// The word that is nearest to an unknown one.
#[must_use]
pub fn nearest<'a>(query: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    near(query, among, 1).into_iter().next()
}

/// At most `most` words that are near an unknown one, the nearest first.
#[must_use]
pub fn near<'a>(query: &str, among: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    if query.len() > LONGEST {
        return Vec::new();
    }
    let (query, limit) = (plain(query), query.len() / 3 + 1);
    let distance = |word: &str| strsim::damerau_levenshtein(&query, &plain(word));
    let mut found: Vec<(usize, &str)> =
        among.map(|word| (distance(word), word)).filter(|(far, _)| *far <= limit).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(most).map(|(_, word)| word).collect()
}

/// Letters and digits alone, in lower case: `*NumRSSQueues` -> `numrssqueues`.
#[must_use]
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

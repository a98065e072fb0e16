//! Spellings: what an unknown word was probably meant to be.

/// The nearest keys to an unknown word, best first.
#[must_use]
pub fn nearest<'a>(query: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if query.len() > 40 {
        return None;
    }
    let (query, limit) = (plain(query), query.len() / 3 + 1);
    let distance = |key: &&str| strsim::damerau_levenshtein(&query, &plain(key));
    among
        .map(|key| (distance(&key), key))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, key)| key)
}

/// Letters and digits alone, in lower case: `*NumRSSQueues` -> `numrssqueues`.
#[must_use]
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

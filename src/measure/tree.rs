//! Results as a tree of named values: one shape for figures, intervals and differences.

/// A value or a group of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A figure without data.
    Null,
    /// A count.
    Count(i64),
    /// A figure.
    Number(f64),
    /// A word.
    Word(String),
    /// True or false.
    Flag(bool),
    /// A list (`core[0]`, `queue[3]`).
    List(Vec<Tree>),
    /// Named values in order.
    Table(Vec<(String, Tree)>),
}

impl Tree {
    /// A table of these values.
    #[must_use]
    pub fn table<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// A count, as far as it fits.
    #[must_use]
    pub fn count(count: u64) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A figure that may have no data; what is not finite has none.
    #[must_use]
    pub fn figure(figure: Option<f64>) -> Self {
        figure.filter(|figure| figure.is_finite()).map_or(Self::Null, Self::Number)
    }

    /// The part at `path`: names joined by dots, list entries in brackets
    /// (`host.alpha.core[0].busy`).
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Self> {
        let mut here = self;
        for part in path.split('.') {
            let (name, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
            here = here.entry(name)?;
            for index in indices.split_inclusive(']') {
                let index: usize = index.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?;
                let Self::List(items) = here else { return None };
                here = items.get(index)?;
            }
        }
        Some(here)
    }

    fn entry(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The figure at `path`: a count or a number.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<f64> {
        self.get(path)?.as_number()
    }

    /// This as a figure, if it is a count or a number.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The entries of a table; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[(String, Self)] {
        if let Self::Table(entries) = self { entries } else { &[] }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// All values with their paths, in order.
    #[must_use]
    pub fn walk(&self) -> Vec<(String, &Self)> {
        let mut leaves = Vec::new();
        self.collect(String::new(), &mut leaves);
        leaves
    }

    fn collect<'a>(&'a self, path: String, leaves: &mut Vec<(String, &'a Self)>) {
        match self {
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.collect(format!("{path}[{index}]"), leaves);
                }
            }
            Self::Table(entries) => {
                for (key, value) in entries {
                    let dot = if path.is_empty() { "" } else { "." };
                    value.collect(format!("{path}{dot}{key}"), leaves);
                }
            }
            _ => leaves.push((path, self)),
        }
    }

    /// The same shape with every value replaced.
    #[must_use]
    pub fn map(&self, replace: &impl Fn(&Self) -> Self) -> Self {
        Self::zip(&[self], &|values| replace(values[0]))
    }

    /// Joins trees of one shape value by value. Where shapes differ, what not all trees have is
    /// left out.
    #[must_use]
    pub fn zip(trees: &[&Self], join: &impl Fn(&[&Self]) -> Self) -> Self {
        match trees.first() {
            Some(Self::List(first)) => {
                let column = |i: usize| trees.iter().map(|tree| tree.items().get(i)).collect();
                let columns = (0..first.len()).filter_map(column);
                Self::List(columns.map(|column: Vec<_>| Self::zip(&column, join)).collect())
            }
            Some(Self::Table(first)) => {
                let joined = first.iter().filter_map(|(key, _)| {
                    let column: Option<Vec<_>> = trees.iter().map(|tree| tree.entry(key)).collect();
                    Some((key.clone(), Self::zip(&column?, join)))
                });
                Self::Table(joined.collect())
            }
            Some(_) => join(trees),
            None => Self::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Tree {
        let core = |busy| Tree::table([("busy", Tree::Number(busy))]);
        let alpha = Tree::table([("core", Tree::List(vec![core(0.5), core(1.0)]))]);
        Tree::table([
            ("loss", Tree::Number(0.0)),
            ("host", Tree::table([("alpha", alpha)])),
            ("path", Tree::Word("vf".into())),
        ])
    }

    #[test]
    fn a_path_leads_through_tables_and_lists() {
        let tree = sample();
        assert_eq!(tree.number("host.alpha.core[1].busy"), Some(1.0));
        assert_eq!(tree.number("loss"), Some(0.0));
        let none = [
            "host.alpha.core[2].busy",
            "host.beta",
            "loss.x",
            "core[0",
            "path[0]",
            "host.alpha.core[x]",
        ];
        for wrong in none {
            assert_eq!(tree.get(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_walk_names_every_value_by_the_path_that_leads_to_it() {
        let tree = sample();
        let paths: Vec<String> = tree.walk().into_iter().map(|(path, _)| path).collect();
        let expected = ["loss", "host.alpha.core[0].busy", "host.alpha.core[1].busy", "path"];
        assert_eq!(paths, expected);
        assert!(tree.walk().iter().all(|(path, value)| tree.get(path) == Some(*value)));
    }

    #[test]
    fn zipping_joins_value_by_value_and_leaves_out_what_not_all_have() {
        let (both, one) = (sample(), Tree::table([("loss", Tree::Number(0.25))]));
        let sum = |values: &[&Tree]| {
            Tree::figure(values.iter().map(|value| value.as_number()).sum::<Option<f64>>())
        };
        assert_eq!(Tree::zip(&[&both, &one], &sum), one);
        let twice = Tree::zip(&[&both, &both], &sum);
        assert_eq!(twice.number("host.alpha.core[1].busy"), Some(2.0));
        assert_eq!(twice.get("path"), Some(&Tree::Null));
    }
}

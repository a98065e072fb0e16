//! Records of figures: plain structs that render into the tree of metrics, are averaged over
//! replications, and list the metrics that they render into.

use crate::measure::tree::Tree;

/// What a path of the result means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its path; `NAME` stands for the name of a host, port, VM or source, `N` for a number.
    pub path: String,
    /// Its unit.
    pub unit: &'static str,
    /// Its meaning, as a phrase.
    pub meaning: String,
}

/// Which side of a figure is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The value: of one run, or the mean of several.
    Value,
    /// Half the width of the 95 % interval around the mean.
    HalfWidth,
}

/// A figure, or a group of figures under names.
pub trait Record: Sized {
    /// This as a part of the tree; none: its key is left out.
    fn tree(&self, side: Side) -> Option<Tree>;

    /// The mean of several runs of one shape, of which there is at least one.
    fn mean(runs: &[&Self]) -> Self;

    /// Lists the metrics that this renders into; `place` says where it stands.
    fn list(place: Place, metrics: &mut Vec<Metric>);
}

/// Where a record stands in the tree, and what is there.
#[derive(Clone, Debug, Default)]
pub struct Place {
    path: String,
    unit: &'static str,
    /// What it is, as a phrase, and what the group is that it belongs to.
    phrase: String,
    group: String,
}

impl Place {
    /// The place below this one, under a key.
    pub(super) fn below(&self, key: &str, unit: &'static str, phrase: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            path: format!("{}{dot}{key}", self.path),
            unit,
            phrase: phrase.trim_end_matches('.').to_owned(),
            group: self.phrase.clone(),
        }
    }

    /// The place of the records under names of the scenario.
    pub(super) fn named(self) -> Self {
        Self { path: format!("{}.NAME", self.path), ..self }
    }

    /// The place of the items of a list.
    fn item(self) -> Self {
        Self { path: format!("{}[N]", self.path), ..self }
    }

    /// The metric at this place.
    pub(super) fn metric(self) -> Metric {
        let Self { path, unit, phrase, group } = self;
        let mut letters = phrase.chars();
        let meaning = match letters.next() {
            Some(first) if !group.is_empty() => {
                format!("{group}: {}{}", first.to_lowercase(), letters.as_str())
            }
            _ => phrase,
        };
        Metric { path, unit, meaning }
    }
}

/// The mean of a field over several runs.
pub(super) fn mean_of<R, T: Record>(runs: &[&R], field: impl Fn(&R) -> &T) -> T {
    T::mean(&runs.iter().map(|run| field(run)).collect::<Vec<_>>())
}

/// Declares a record: a struct whose fields are figures (`as` their unit) or records, each with its
/// meaning as its documentation. The figures of a first field that starts with `..` stand beside
/// those of the other fields, not below its name.
macro_rules! record {
    (
        $(#[doc = $about:literal])+
        pub struct $name:ident {
            $(..$flat:ident: $flat_type:ty,)?
            $($(#[doc = $meaning:literal])+ pub $field:ident: $type:ty $(as $unit:literal)?,)*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(
                /// What stands beside the other fields in the tree.
                pub $flat: $flat_type,
            )?
            $($(#[doc = $meaning])+ pub $field: $type,)*
        }

        impl $crate::study::figures::record::Record for $name {
            fn tree(
                &self,
                side: $crate::study::figures::record::Side,
            ) -> Option<$crate::measure::tree::Tree> {
                use $crate::measure::tree::Tree;
                let mut entries = Vec::new();
                $(
                    if let Some(Tree::Table(beside)) = self.$flat.tree(side) {
                        entries.extend(beside);
                    }
                )?
                $(
                    if let Some(tree) = self.$field.tree(side) {
                        entries.push((stringify!($field).to_owned(), tree));
                    }
                )*
                Some(Tree::Table(entries))
            }

            fn mean(runs: &[&Self]) -> Self {
                use $crate::study::figures::record::mean_of;
                Self {
                    $($flat: mean_of(runs, |run: &Self| &run.$flat),)?
                    $($field: mean_of(runs, |run: &Self| &run.$field),)*
                }
            }

            fn list(
                place: $crate::study::figures::record::Place,
                metrics: &mut Vec<$crate::study::figures::record::Metric>,
            ) {
                $(<$flat_type>::list(place.clone(), metrics);)?
                $(
                    let meaning = concat!($($meaning),+);
                    let unit = concat!($($unit)?);
                    <$type>::list(place.below(stringify!($field), unit, meaning), metrics);
                )*
            }
        }
    };
}
pub(super) use record;

/// A key that only some worlds have.
impl<T: Record> Record for Option<T> {
    fn tree(&self, side: Side) -> Option<Tree> {
        self.as_ref()?.tree(side)
    }

    fn mean(runs: &[&Self]) -> Self {
        let runs: Option<Vec<&T>> = runs.iter().map(|run| run.as_ref()).collect();
        runs.map(|runs| T::mean(&runs))
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        T::list(place, metrics);
    }
}

/// A list, such as `core[0]`, `core[1]`.
impl<T: Record> Record for Vec<T> {
    fn tree(&self, side: Side) -> Option<Tree> {
        Some(Tree::List(self.iter().filter_map(|item| item.tree(side)).collect()))
    }

    fn mean(runs: &[&Self]) -> Self {
        let items = 0..runs[0].len();
        items.map(|at| mean_of(runs, |run: &Self| &run[at])).collect()
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        T::list(place.item(), metrics);
    }
}

//! Formats of results, and the results that take one.

use crate::study::compare::Comparison;
use crate::study::run::Study;

/// A format: how each kind of result becomes text.
pub trait Renderer {
    /// The result of one study.
    fn study(&self, study: &Study) -> String;

    /// The result of a comparison.
    fn comparison(&self, comparison: &Comparison) -> String;
}

/// A result of any kind.
pub trait Report {
    /// The result in a format.
    fn render(&self, format: &dyn Renderer) -> String;

    /// Its studies.
    fn studies(&self) -> &[Study];

    /// The folder of a study's own files, below that of the result.
    fn folder<'s>(&self, study: &'s Study) -> &'s str;

    /// Whether all claims hold.
    fn passes(&self) -> bool {
        self.studies().iter().all(Study::passes)
    }
}

impl Report for Study {
    fn render(&self, format: &dyn Renderer) -> String {
        format.study(self)
    }

    fn studies(&self) -> &[Study] {
        std::slice::from_ref(self)
    }

    fn folder<'s>(&self, _: &'s Study) -> &'s str {
        ""
    }
}

impl Report for Comparison {
    fn render(&self, format: &dyn Renderer) -> String {
        format.comparison(self)
    }

    fn studies(&self) -> &[Study] {
        &self.studies
    }

    fn folder<'s>(&self, study: &'s Study) -> &'s str {
        study.plan.design.as_deref().unwrap_or_default()
    }
}

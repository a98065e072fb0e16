//! Pictures, as SVG and PNG, with a font of their own: no system fonts are needed.

mod area;
mod changes;
mod cores;
mod latency;
mod queues;
mod sheet;
mod stages;
mod throughput;
mod vms;

use crate::study::run::Study;
use area::Area;
use plotters::prelude::*;
use std::fmt;
use std::path::Path;

/// A picture of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// What each core did over time, as a grid of small charts.
    Cores,
    /// Throughput and loss over time.
    Throughput,
    /// The distribution of latency.
    Latency,
    /// Where a packet's time goes.
    Stages,
    /// Throughput of each virtual machine.
    Vms,
    /// Which core served each receive queue over time.
    Queues,
    /// Throughput over time of virtual machines whose path changes.
    Changes,
}

/// Why a picture could not be drawn.
#[derive(Debug)]
pub struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl Picture {
    /// All pictures.
    pub const ALL: [Self; 7] = [
        Self::Cores,
        Self::Throughput,
        Self::Latency,
        Self::Stages,
        Self::Vms,
        Self::Queues,
        Self::Changes,
    ];

    /// The name of its file, without extension.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cores => "cores",
            Self::Throughput => "throughput",
            Self::Latency => "latency",
            Self::Stages => "stages",
            Self::Vms => "vms",
            Self::Queues => "queues",
            Self::Changes => "changes",
        }
    }

    /// Whether the study has data for it: a series, delivered packets, virtual machines, queues
    /// that may change their core, virtual machines whose path changes.
    #[must_use]
    pub fn has_data(self, study: &Study) -> bool {
        match self {
            Self::Cores | Self::Throughput => !study.first.series.is_empty(),
            Self::Latency | Self::Stages => study.figures.flow.latency.mean_us.is_positive(),
            Self::Vms => !study.plan.world.vms.is_empty(),
            Self::Queues => queues::has_data(study),
            Self::Changes => changes::has_data(study),
        }
    }

    /// Draws it into a file: PNG if the name ends so, else SVG.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(self, study: &Study, path: &Path) -> Result<(), Failure> {
        sheet::register_fonts();
        let size = match self {
            Self::Cores => cores::size(study),
            Self::Throughput => (1600, 1000),
            Self::Latency => (1600, 900),
            Self::Stages => (1600, 760),
            Self::Vms => (1600, 800),
            Self::Queues => queues::size(study),
            Self::Changes => changes::size(study),
        };
        if path.extension().is_some_and(|extension| extension == "png") {
            self.draw(study, &BitMapBackend::new(path, size).into_drawing_area())
        } else {
            self.draw(study, &SVGBackend::new(path, size).into_drawing_area())
        }
    }

    fn draw<DB: DrawingBackend>(self, study: &Study, area: &Area<DB>) -> Result<(), Failure> {
        let drawn = area.fill(&WHITE).and_then(|()| match self {
            Self::Cores => cores::draw(study, area),
            Self::Throughput => throughput::draw(study, area),
            Self::Latency => latency::draw(study, area),
            Self::Stages => stages::draw(study, area),
            Self::Vms => vms::draw(study, area),
            Self::Queues => queues::draw(study, area),
            Self::Changes => changes::draw(study, area),
        });
        let failure = |error: DrawingAreaErrorKind<DB::ErrorType>| Failure(error.to_string());
        drawn.and_then(|()| area.present()).map_err(failure)
    }
}

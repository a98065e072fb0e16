//! What pictures are drawn on.

use plotters::coord::Shift;
use plotters::prelude::*;

/// A rectangle of pixels of a picture.
pub(super) type Area<DB> = DrawingArea<DB, Shift>;
/// Nothing, or why the backend could not draw.
pub(super) type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

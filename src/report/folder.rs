//! Results as files: written aside, then renamed, so that each appears whole or not at all.

use super::csv::{self, Csv};
use super::json::Json;
use super::md::Markdown;
use super::plot::Picture;
use super::renderer::{Renderer, Report};
use crate::study::run::Study;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files of a whole result, in its folder.
const WHOLE: [(&str, &dyn Renderer); 3] =
    [("result.json", &Json), ("result.csv", &Csv), ("result.md", &Markdown)];
/// The file of the series, one per study.
const SERIES: &str = "series.csv";
/// The formats of pictures, by the ends of their files' names.
const FORMATS: [&str; 2] = ["svg", "png"];

/// A folder for one result.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    force: bool,
}

/// Why a file could not be written.
#[derive(Debug)]
pub enum Refusal {
    /// It exists, and overwriting was not asked for.
    Exists(PathBuf),
    /// The machine could not.
    Failed(PathBuf, io::Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => {
                write!(f, "{} exists; --force overwrites it", path.display())
            }
            Self::Failed(path, error) => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Refusal {}

impl Folder {
    /// The folder `dir` for a result of these designs (none: of one study), which is looked at
    /// before anything is simulated.
    ///
    /// # Errors
    /// A file of the result exists already and `force` is not given; the folder cannot be made.
    pub fn open(dir: &Path, designs: &[&str], force: bool) -> Result<Self, Refusal> {
        let mut names: Vec<PathBuf> = WHOLE.iter().map(|(name, _)| PathBuf::from(name)).collect();
        let folders = if designs.is_empty() { vec![""] } else { designs.to_vec() };
        for folder in &folders {
            names.push(Path::new(folder).join(SERIES));
            names.extend(pictures().map(|(_, name)| Path::new(folder).join(name)));
        }
        let taken = names.iter().map(|name| dir.join(name)).find(|path| path.exists());
        if let (Some(path), false) = (taken, force) {
            return Err(Refusal::Exists(path));
        }
        for folder in folders {
            let path = dir.join(folder);
            fs::create_dir_all(&path).map_err(|error| Refusal::Failed(path, error))?;
        }
        Ok(Self { dir: dir.to_owned(), force })
    }

    /// Writes the files of a result: the whole of it in several formats, and the series and the
    /// pictures of each study.
    ///
    /// # Errors
    /// What keeps a file from being written.
    pub fn write(&self, report: &impl Report) -> Result<(), Refusal> {
        for (name, format) in WHOLE {
            let text = report.render(format);
            self.place("", name, |aside| fs::write(aside, text))?;
        }
        for study in report.studies() {
            self.write_parts(study, report.folder(study))?;
        }
        Ok(())
    }

    /// The series and the pictures for which there is data.
    fn write_parts(&self, study: &Study, folder: &str) -> Result<(), Refusal> {
        self.place(folder, SERIES, |aside| fs::write(aside, csv::series(study)))?;
        for (picture, name) in pictures().filter(|(picture, _)| picture.has_data(study)) {
            self.place(folder, &name, |aside| {
                picture.save(study, aside).map_err(io::Error::other)
            })?;
        }
        Ok(())
    }

    /// Has a file written aside and moves it to its place.
    fn place(
        &self,
        folder: &str,
        name: &str,
        write: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<(), Refusal> {
        let folder = self.dir.join(folder);
        let (path, aside) = (folder.join(name), folder.join(format!(".partial-{name}")));
        if !self.force && path.exists() {
            return Err(Refusal::Exists(path));
        }
        let written = write(&aside).and_then(|()| fs::rename(&aside, &path));
        written.map_err(|error| {
            // What was written aside is of no use; that it may stay behind harms nobody.
            let _ = fs::remove_file(&aside);
            Refusal::Failed(path, error)
        })
    }
}

/// All pictures in all formats, with the names of their files.
fn pictures() -> impl Iterator<Item = (Picture, String)> {
    Picture::ALL
        .into_iter()
        .flat_map(|picture| FORMATS.map(|format| (picture, format!("{}.{format}", picture.name()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::{Span, Time};
    use crate::scenario::Plan;
    use crate::study::fixture;
    use crate::world::outcome::Volume;
    use crate::world::{Action, EventSpec, RxPath};

    /// A folder of its own for one test, removed in the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("rxsim-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&dir);
            Self(dir)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_study_becomes_text_and_pictures_and_nothing_is_left_aside() {
        let scratch = Scratch::new("study");
        let folder = Folder::open(&scratch.0, &[], false).unwrap();
        folder.write(&fixture::study(2, 1)).unwrap();
        let expected = [
            "cores.png",
            "cores.svg",
            "latency.png",
            "latency.svg",
            "result.csv",
            "result.json",
            "result.md",
            "series.csv",
            "stages.png",
            "stages.svg",
            "throughput.png",
            "throughput.svg",
        ];
        assert_eq!(names(&scratch.0), expected);
        let picture = fs::read(scratch.0.join("cores.png")).unwrap();
        assert_eq!(picture[..8], *b"\x89PNG\r\n\x1a\n");
    }

    #[test]
    fn virtual_machines_have_a_picture() {
        let scratch = Scratch::new("guests");
        let folder = Folder::open(&scratch.0, &[], false).unwrap();
        let plan = Plan { world: fixture::guests(3), ..fixture::plan() };
        folder.write(&fixture::study_of(plan, vec![fixture::guests_outcome(3)])).unwrap();
        let drawn = fs::read_to_string(scratch.0.join("vms.svg")).unwrap();
        assert!(drawn.contains("web[2]") && !drawn.contains("default-queue"), "{drawn}");
        let cores = fs::read_to_string(scratch.0.join("cores.svg")).unwrap();
        assert!(!cores.contains("vswitch"), "its series has no such work");
    }

    #[test]
    fn a_machine_whose_path_changes_has_a_picture_over_time_and_rows_in_the_series() {
        let scratch = Scratch::new("changes");
        let folder = Folder::open(&scratch.0, &[], false).unwrap();
        let mut world = fixture::guests(3);
        let at = Time::ZERO + Span::ms(100);
        world.events = vec![EventSpec {
            at,
            action: Action::SetRoute { vnic: 1, rx_path: RxPath::DefaultQueue },
        }];
        let mut outcome = fixture::guests_outcome(3);
        for step in &mut outcome.series {
            step.changing = vec![Volume { packets: 100, bytes: 125_000 }];
        }
        let plan = Plan { world, ..fixture::plan() };
        folder.write(&fixture::study_of(plan, vec![outcome])).unwrap();
        let drawn = fs::read_to_string(scratch.0.join("changes.svg")).unwrap();
        for word in ["web[1]", "vmq", "default-queue"] {
            assert!(drawn.contains(word), "{word}");
        }
        let series = fs::read_to_string(scratch.0.join("series.csv")).unwrap();
        assert!(series.contains("\n1000,vm.web[1].delivered.gbps,1\n"), "{series}");
    }

    #[test]
    fn nothing_is_overwritten_unless_it_is_asked_for() {
        let scratch = Scratch::new("force");
        fs::create_dir_all(scratch.0.join("rss")).unwrap();
        fs::write(scratch.0.join("rss/cores.svg"), "mine").unwrap();
        let refused = Folder::open(&scratch.0, &["no-rss", "rss"], false).unwrap_err();
        assert!(matches!(refused, Refusal::Exists(path) if path.ends_with("rss/cores.svg")));
        assert!(Folder::open(&scratch.0, &["no-rss", "rss"], true).is_ok());
        assert!(Folder::open(&scratch.0, &[], false).is_ok());
    }
}

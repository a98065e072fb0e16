//! What the built-in scenarios show, grouped by lesson: the tables of scenarios/README.md, so that
//! the page and `rxsim list` say the same.

const PAGE: &str = include_str!("../../../scenarios/README.md");

/// Scenarios that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The heading.
    pub title: &'static str,
    /// The scenarios, in the order of the page.
    pub stories: Vec<Story>,
}

/// A built-in scenario in one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
    /// The name of the scenario.
    pub name: &'static str,
    /// What the scenario shows.
    pub shows: &'static str,
}

/// All lessons, in the order of the page.
#[must_use]
pub fn lessons() -> Vec<Lesson> {
    let mut lessons: Vec<Lesson> = Vec::new();
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            lessons.push(Lesson { title, stories: Vec::new() });
        } else if let (Some(lesson), Some(story)) = (lessons.last_mut(), story(line)) {
            lesson.stories.push(story);
        }
    }
    lessons
}

/// A row such as "| `NAME` | what it shows |".
fn story(line: &'static str) -> Option<Story> {
    let (name, shows) = line.strip_prefix("| `")?.split_once("` | ")?;
    Some(Story { name, shows: shows.strip_suffix(" |")? })
}

#[cfg(test)]
mod tests {
    use super::super::library;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_scenario_belongs_to_one_lesson_and_has_a_story() {
        let lessons = lessons();
        let stories = || lessons.iter().flat_map(|lesson| &lesson.stories);
        let told: BTreeSet<&str> = stories().map(|story| story.name).collect();
        assert_eq!(told, library::names().collect::<BTreeSet<&str>>());
        assert_eq!(told.len(), stories().count(), "a scenario is told twice");
        for story in stories() {
            assert!(story.shows.ends_with('.') && story.shows.len() > 20, "{story:?}");
        }
    }
}

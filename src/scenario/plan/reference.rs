//! Names that refer to other tables: `host = "alpha"`, `to = "app.db"`, `vm = "web[3]"`.

use crate::scenario::schema::setting::Setting;
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::text::units::short;

/// The index of the table that a setting of `owner` names; the only one where it is left out.
///
/// # Errors
/// An unknown name; no name where there are several tables.
pub fn named(
    setting: &Setting<&str>,
    owner: &str,
    what: &str,
    names: &[&str],
) -> Result<usize, Diagnostic> {
    if let Some(name) = setting.value {
        return find(name, names).ok_or_else(|| unknown(setting, what, name, names));
    }
    if names.len() == 1 {
        return Ok(0);
    }
    Err(setting
        .mistake(format!("`{owner}` does not say which {what} it belongs to"))
        .because(format!("the file has {} of them", names.len()))
        .help(format!("add `{} = \"NAME\"`: {}", setting.key, names.join(", "))))
}

/// The index of a name.
#[must_use]
pub fn find(name: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|known| *known == name)
}

/// A name that no table has.
#[must_use]
pub fn unknown<T>(setting: &Setting<T>, what: &str, name: &str, names: &[&str]) -> Diagnostic {
    let prefix = format!("{what}.");
    if name.strip_prefix(&prefix).is_some_and(|rest| find(rest, names).is_some()) {
        return setting
            .mistake(format!("there is no {what} \"{}\"", short(name)))
            .because(format!("`{}` takes the name alone", setting.key))
            .help(format!("leave out `{prefix}`"));
    }
    let near = names
        .iter()
        .filter(|_| name.len() < 64)
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(far, known)| *far <= known.len() / 3 + 1)
        .min();
    let help = match (near, names) {
        (Some((_, near)), _) => format!("did you mean \"{near}\"? there are: {}", names.join(", ")),
        (None, []) => format!("add a table `[{what}.NAME]` first"),
        (None, _) => format!("there are: {}", names.join(", ")),
    };
    setting
        .mistake(format!("there is no {what} \"{}\"", short(name)))
        .because(format!("no table [{what}.{}]", short(name)))
        .help(help)
}

/// An instance that a group does not have.
#[must_use]
pub fn no_instance<T>(setting: &Setting<T>, text: &str, count: u64) -> Diagnostic {
    let name = text.split('[').next().unwrap_or(text);
    setting
        .mistake(format!("there is no {}", short(text)))
        .because(format!("the group has {count}"))
        .help(format!("write \"{name}[0]\" to \"{name}[{}]\"", count.saturating_sub(1)))
}

/// A name and the instance it picks: `web` -> all, `web.*` -> all, `web[3]` -> the fourth.
#[must_use]
pub fn instance(text: &str) -> Option<(&str, Option<u32>)> {
    if let Some(name) = text.strip_suffix(".*") {
        return Some((name, None));
    }
    match text.split_once('[') {
        None => Some((text, None)),
        Some((name, rest)) => Some((name, Some(rest.strip_suffix(']')?.parse().ok()?))),
    }
}

//! What an enumeration is: values that a file names, each with its meaning, and the type they
//! become.

/// A value of an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As a file writes it.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// The meaning of keys and values that a file may not use yet: they are read so that they can be
/// refused with the reason, and no list shows them.
pub(super) const NOT_SIMULATED: &str = "not simulated";

/// Declares an enumeration once: its type, how a file writes each value, what each value means.
macro_rules! choices {
    ($(#[$about:meta])* $vis:vis enum $name:ident {
        $($variant:ident = $text:literal: $meaning:literal,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name {
            $(#[doc = $meaning] $variant,)+
        }

        impl $name {
            /// All values, in the order in which they are explained.
            pub const ALL: &'static [$crate::scenario::schema::Choice] = &[
                $($crate::scenario::schema::Choice { name: $text, meaning: $meaning },)+
            ];

            /// As a file writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The value of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
pub(in crate::scenario::schema) use choices;

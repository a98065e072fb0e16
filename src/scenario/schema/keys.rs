//! Declares the keys of a table once: the row that validates and explains each key, and the struct
//! that the table is read into.
//!
//! ```text
//! keys! {
//!     /// what the table describes
//!     pub struct PcieKeys: PCIE at "nic.NAME.pcie" {
//!         /// what the key means
//!         lanes: Count(1, 32) = MODEL, ["width"];
//!         + hashing: HashKeys;
//!     }
//! }
//! ```
//!
//! The kind decides how a value is checked, how it is explained, and the type of the field. After
//! the kind come the default and the key's names in other systems. A line with `+` takes in the
//! keys of a group that several tables have, which `keys!` declares without a path.

/// See the file's head.
macro_rules! keys {
    ($(#[doc = $about:literal])+ $vis:vis struct $name:ident: $table:ident at $path:literal {
        $($(#[doc = $meaning:literal])+
        $key:ident $(as $text:literal)?: $kind:ident $(($($bound:tt)+))? = $default:expr
            $(, [$($elsewhere:literal),+])?;)*
        $(+ $group:ident: $of:ident;)*
    }) => {
        keys! {
            $(#[doc = $about])+
            $vis struct $name {
                $($(#[doc = $meaning])+
                $key $(as $text)?: $kind $(($($bound)+))? = $default $(, [$($elsewhere),+])?;)*
                $(+ $group: $of;)*
            }
        }

        #[doc = concat!("The keys of `", $path, "`.")]
        pub static $table: Table = Table {
            path: $path,
            about: concat!($($about),+).trim_ascii(),
            parts: &[$name::ROWS, $($of::ROWS),*],
        };
    };
    ($(#[doc = $about:literal])+ $vis:vis struct $name:ident {
        $($(#[doc = $meaning:literal])+
        $key:ident $(as $text:literal)?: $kind:ident $(($($bound:tt)+))? = $default:expr
            $(, [$($elsewhere:literal),+])?;)*
        $(+ $group:ident: $of:ident;)*
    }) => {
        $(#[doc = $about])+
        // The meanings are texts for users, where `web[3]` is no link.
        #[allow(rustdoc::broken_intra_doc_links)]
        #[derive(Clone, Debug)]
        $vis struct $name<'d> {
            /// The table, for its name and for mistakes that concern no key of it.
            pub reader: TableReader<'d>,
            $($(#[doc = $meaning])+
            pub $key: Setting<'d, kind!(type $kind $($($bound)+)?)>,)*
            $(#[doc = concat!("The keys of [`", stringify!($of), "`].")]
            pub $group: $of<'d>,)*
        }

        impl<'d> $name<'d> {
            /// The keys of its own.
            const ROWS: &'static [Key] = &[$(Key {
                name: key_name!($key $($text)?),
                kind: kind!(row $kind $($($bound)+)?),
                default: $default,
                meaning: concat!($($meaning),+).trim_ascii(),
                elsewhere: &[$($($elsewhere),+)?],
            },)*];

            /// The name of the table, where the user names it.
            #[must_use]
            pub fn name(&self) -> &'d str {
                self.reader.name
            }

            /// Reads the table.
            #[must_use]
            $vis fn read(reader: TableReader<'d>) -> Self {
                Self {
                    $($key: {
                        let key = key_name!($key $($text)?);
                        let value = kind!(read $kind $($($bound)+,)? reader, key);
                        Setting::new(&reader, key, value)
                    },)*
                    $($group: $of::read(reader),)*
                    reader,
                }
            }
        }
    };
}

/// How a file writes a key.
macro_rules! key_name {
    ($key:ident) => {
        stringify!($key)
    };
    ($key:ident $text:literal) => {
        $text
    };
}

/// What a kind means for a key's row, for the type of its field, and for reading it.
macro_rules! kind {
    (row Count $min:expr, $max:expr) => { Kind::Integer($min, $max) };
    (type Count $min:expr, $max:expr) => { u32 };
    (read Count $min:expr, $max:expr, $reader:ident, $key:ident) => { $reader.count($key) };

    (row Integer $min:expr, $max:expr) => { Kind::Integer($min, $max) };
    (type Integer $min:expr, $max:expr) => { u64 };
    (read Integer $min:expr, $max:expr, $reader:ident, $key:ident) => { $reader.integer($key) };

    (row Number $min:expr, $max:expr) => { Kind::Number($min, $max) };
    (type Number $min:expr, $max:expr) => { f64 };
    (read Number $min:expr, $max:expr, $reader:ident, $key:ident) => { $reader.number($key) };

    (row Size $min:expr, $max:expr) => { Kind::Size($min, $max) };
    (type Size $min:expr, $max:expr) => { u64 };
    (read Size $min:expr, $max:expr, $reader:ident, $key:ident) => { $reader.size($key) };

    (row Text) => { Kind::Text };
    (type Text) => { &'d str };
    (read Text $reader:ident, $key:ident) => { $reader.text($key) };

    (row Flag) => { Kind::Flag };
    (type Flag) => { bool };
    (read Flag $reader:ident, $key:ident) => { $reader.flag($key) };

    (row Figure) => { Kind::Figure };
    (type Figure) => { f64 };
    (read Figure $reader:ident, $key:ident) => { $reader.number($key) };

    (row Time) => { Kind::Time };
    (type Time) => { Span };
    (read Time $reader:ident, $key:ident) => { $reader.time($key) };

    (row TimeOrZero) => { Kind::TimeOrZero };
    (type TimeOrZero) => { Span };
    (read TimeOrZero $reader:ident, $key:ident) => { $reader.time($key) };

    (row Link) => { Kind::Link };
    (type Link) => { u64 };
    (read Link $reader:ident, $key:ident) => { $reader.link($key) };

    (row Rate) => { Kind::Rate };
    (type Rate) => { Rate };
    (read Rate $reader:ident, $key:ident) => { $reader.rate($key) };

    (row Frequency) => { Kind::Frequency };
    (type Frequency) => { u64 };
    (read Frequency $reader:ident, $key:ident) => { $reader.frequency($key) };

    (row Percent) => { Kind::Percent };
    (type Percent) => { Fraction };
    (read Percent $reader:ident, $key:ident) => { $reader.percent($key) };

    (row Cpus) => { Kind::Cpus };
    (type Cpus) => { CpuList };
    (read Cpus $reader:ident, $key:ident) => { $reader.cpu_list($key) };

    (row Names) => { Kind::Names };
    (type Names) => { Vec<&'d str> };
    (read Names $reader:ident, $key:ident) => { Some($reader.words($key)) };

    (row Profile $all:ident) => { Kind::Choice($all) };
    (type Profile $all:ident) => { &'static Profile };
    (read Profile $all:ident, $reader:ident, $key:ident) => {
        $reader.text($key).and_then(profile::find)
    };

    (row Choice $of:ident) => { Kind::Choice($of::ALL) };
    (type Choice $of:ident) => { $of };
    (read Choice $of:ident, $reader:ident, $key:ident) => {
        $reader.text($key).and_then($of::named)
    };

    (row Choices $of:ident) => { Kind::Choices($of::ALL) };
    (type Choices $of:ident) => { Vec<$of> };
    (read Choices $of:ident, $reader:ident, $key:ident) => {
        Some($reader.words($key).into_iter().filter_map($of::named).collect())
    };

    (row ChoiceOr $of:ident, $keys:ident, $rows:ident) => { Kind::ChoiceOr($of::ALL, &$rows) };
    (type ChoiceOr $of:ident, $keys:ident, $rows:ident) => { WordOr<$of, $keys<'d>> };
    (read ChoiceOr $of:ident, $keys:ident, $rows:ident, $reader:ident, $key:ident) => {
        match $reader.table($key) {
            Some(inner) => Some(WordOr::Table(Box::new($keys::read(inner)))),
            None => $reader.text($key).and_then($of::named).map(WordOr::Word),
        }
    };

    (row CountOr $min:expr, $max:expr, $keys:ident, $rows:ident) => {
        Kind::IntegerOr($min, $max, &$rows)
    };
    (type CountOr $min:expr, $max:expr, $keys:ident, $rows:ident) => { WordOr<u32, $keys<'d>> };
    (read CountOr $min:expr, $max:expr, $keys:ident, $rows:ident, $reader:ident, $key:ident) => {
        match $reader.table($key) {
            Some(inner) => Some(WordOr::Table(Box::new($keys::read(inner)))),
            None => $reader.count($key).map(WordOr::Word),
        }
    };

    (row Table $keys:ident, $rows:ident) => { Kind::Table(&$rows) };
    (type Table $keys:ident, $rows:ident) => { $keys<'d> };
    (read Table $keys:ident, $rows:ident, $reader:ident, $key:ident) => {
        Some($keys::read($reader.options($key)))
    };

    (row Tables $keys:ident, $rows:ident) => { Kind::Tables(&$rows) };
    (type Tables $keys:ident, $rows:ident) => { Vec<$keys<'d>> };
    (read Tables $keys:ident, $rows:ident, $reader:ident, $key:ident) => {
        Some($reader.list($key).into_iter().map($keys::read).collect())
    };

    (row Named $keys:ident, $rows:ident) => { Kind::Named(&$rows) };
    (type Named $keys:ident, $rows:ident) => { Vec<$keys<'d>> };
    (read Named $keys:ident, $rows:ident, $reader:ident, $key:ident) => {
        Some($reader.group($key).into_iter().map($keys::read).collect())
    };

    (row Cost $law:ident) => { Kind::Cost(&$law) };
    (type Cost $law:ident) => { &'d Node };
    (read Cost $law:ident, $reader:ident, $key:ident) => { $reader.node($key) };

    (row Frame $sizes:ident) => { Kind::Frame(&$sizes) };
    (type Frame $sizes:ident) => { &'d Node };
    (read Frame $sizes:ident, $reader:ident, $key:ident) => { $reader.node($key) };

    // What only the place where it is used can read: a cost without chance, ports, a warm-up, a scalar.
    (row $kind:ident) => { Kind::$kind };
    (type $kind:ident) => { &'d Node };
    (read $kind:ident $reader:ident, $key:ident) => { $reader.node($key) };
}

pub(in crate::scenario::schema) use {key_name, keys, kind};

//! Indices that must not be mixed up.

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index into a list.
            #[inline]
            #[must_use]
            pub const fn at(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A traffic source of the world.
    SourceId
);
index!(
    /// A flow of its source.
    FlowId
);
index!(
    /// A receive queue of its port.
    QueueId
);
index!(
    /// An entry of its port's indirection table.
    EntryId
);
index!(
    /// A logical processor of its host.
    CoreId
);

//! Labels of the user's own type.

use patronage_core::{ClassIdx, Classifier, ClassifierExt, Features};

use crate::error::{Error, ErrorKind};

/// A dictionary between labels of any ordered type and dense classes.
///
/// Models learn from and answer with [`ClassIdx`]; this says what each stands for. O(log n_classes)
/// a look-up.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{Classes, DecisionTree};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let table = FeatureTable::new(Schema::new([Column::number("x")])?, array![[1.0], [2.0], [9.0]])?;
/// let (classes, labels) = Classes::of(&["stays", "stays", "churns"]);
/// assert_eq!(labels, [1, 1, 0].map(ClassIdx::new));
/// let model = DecisionTree::new().fit(&Labeled::new(&table, &labels)?)?;
/// assert_eq!(classes.predict(&model, &table)?, [&"stays", &"stays", &"churns"]);
/// // The class to count as positive is the second one, where figures are for two classes.
/// let classes = Classes::in_order(vec!["stays", "churns"])?;
/// assert_eq!(classes.encode(&["churns", "stays"])?, [1, 0].map(ClassIdx::new));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(
        try_from = "Vec<L>",
        into = "Vec<L>",
        bound(
            serialize = "L: Clone + serde::Serialize",
            deserialize = "L: Ord + std::fmt::Debug + serde::Deserialize<'de>"
        )
    )
)]
pub struct Classes<L> {
    labels: Vec<L>,
    /// Positions of the labels, in the order of the labels.
    order: Vec<u32>,
}

impl<L: Ord> Classes<L> {
    /// The distinct labels in ascending order, and the class of each label given.
    #[must_use]
    pub fn of(found: &[L]) -> (Self, Vec<ClassIdx>)
    where
        L: Clone,
    {
        let mut labels = found.to_vec();
        labels.sort();
        labels.dedup();
        let order = (0..labels.len() as u32).collect();
        let classes = Self { labels, order };
        let indices = found.iter().filter_map(|label| classes.index(label)).collect();
        (classes, indices)
    }

    /// These labels as classes 0, 1, ….
    ///
    /// # Errors
    ///
    /// When a label comes twice; it is named.
    pub fn in_order(labels: Vec<L>) -> Result<Self, Error>
    where
        L: std::fmt::Debug,
    {
        let mut order: Vec<u32> = (0..labels.len() as u32).collect();
        order.sort_by(|&a, &b| labels[a as usize].cmp(&labels[b as usize]));
        let label = |at: u32| &labels[at as usize];
        if let Some(pair) = order.windows(2).find(|pair| label(pair[0]) == label(pair[1])) {
            let found = format!("{:?}", label(pair[0]));
            return Err(ErrorKind::Label {
                expected: "distinct labels",
                position: pair[1] as usize,
                found,
            }
            .into());
        }
        Ok(Self { labels, order })
    }

    /// The class of a label, or `None` where there is none.
    #[must_use]
    pub fn index(&self, label: &L) -> Option<ClassIdx> {
        let at = self.order.binary_search_by(|&at| self.labels[at as usize].cmp(label)).ok()?;
        Some(ClassIdx::new(self.order[at]))
    }

    /// The class of each label.
    ///
    /// # Errors
    ///
    /// When a label is not among the classes; its position is named.
    pub fn encode(&self, labels: &[L]) -> Result<Vec<ClassIdx>, Error>
    where
        L: std::fmt::Debug,
    {
        let one = |(position, label): (usize, &L)| {
            self.index(label).ok_or_else(|| {
                let (expected, found) = ("one of the classes", format!("{label:?}"));
                ErrorKind::Label { expected, position, found }.into()
            })
        };
        labels.iter().enumerate().map(one).collect()
    }
}

impl<L> Classes<L> {
    /// The number of classes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The labels, in the order of their classes.
    #[must_use]
    pub fn labels(&self) -> &[L] {
        &self.labels
    }

    /// The label of a class, or `None` where there is none.
    #[must_use]
    pub fn label(&self, class: ClassIdx) -> Option<&L> {
        self.labels.get(class.index())
    }

    /// The label of the most probable class of every row, the first of equals.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's, or a row's class has no label: the model was
    /// fitted on other classes.
    pub fn predict<C: Classifier, F: Features + ?Sized>(
        &self,
        model: &C,
        features: &F,
    ) -> Result<Vec<&L>, Error> {
        let label = |class: ClassIdx| {
            self.label(class).ok_or_else(|| {
                let (what, n_classes, found) = ("answer", self.len(), class.index());
                ErrorKind::NoSuchClass { what, n_classes, found }.into()
            })
        };
        model.predict(features)?.into_iter().map(label).collect()
    }
}

#[cfg(feature = "serde")]
impl<L: Ord + std::fmt::Debug> TryFrom<Vec<L>> for Classes<L> {
    type Error = Error;

    fn try_from(labels: Vec<L>) -> Result<Self, Error> {
        Self::in_order(labels)
    }
}

#[cfg(feature = "serde")]
impl<L> From<Classes<L>> for Vec<L> {
    fn from(classes: Classes<L>) -> Self {
        classes.labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_and_doubles_are_named() {
        let classes = Classes::in_order(vec![7, 3]).unwrap();
        assert_eq!(classes.index(&3), Some(ClassIdx::new(1)));
        assert_eq!(
            classes.encode(&[3, 4]).unwrap_err().to_string(),
            "label 1: expected one of the classes, found 4"
        );
        assert_eq!(
            Classes::in_order(vec!["a", "b", "a"]).unwrap_err().to_string(),
            "label 2: expected distinct labels, found \"a\""
        );
        let (none, labels) = Classes::<u8>::of(&[]);
        assert!(none.is_empty() && labels.is_empty());
    }
}

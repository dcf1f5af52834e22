//! linfa models behind the traits of patronage, and its views as linfa data sets.
//!
//! ```
//! use ndarray::array;
//! use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
//! use patronage_linfa::{DecisionTree, GaussianNaiveBayes, LogisticRegression};
//!
//! let schema = Schema::new([Column::number("recency_days"), Column::number("frequency")])?;
//! let rows = array![[3.0, 9.0], [8.0, 7.0], [90.0, 1.0], [200.0, 2.0]];
//! let customers = FeatureTable::new(schema, rows)?;
//! let buys = [1, 1, 0, 0].map(ClassIdx::new);
//! let data = Labeled::new(&customers, &buys)?;
//!
//! let logistic = LogisticRegression::new().fit(&data)?;
//! let bayes = GaussianNaiveBayes::new().fit(&data)?;
//! assert_eq!(logistic.predict(&customers)?, buys);
//! assert_eq!(bayes.predict(&customers)?, buys);
//! // linfa's tree gives no probabilities; zeros and ones only where one asks for them.
//! let tree = DecisionTree::new().fit(&data)?.one_hot();
//! assert_eq!(tree.predict(&customers)?, buys);
//! # Ok::<(), patronage_linfa::Error>(())
//! ```
//!
//! # When not to use it
//!
//! For a tree, k-means or logistic regression alone: `patronage-classify` and `patronage-segment`
//! have their own, deterministic and without the faults listed below. This crate is for models that
//! only linfa has, for comparing, and for teams that already use linfa. It brings
//! ndarray 0.16, rand 0.8 and sprs 0.11.2 into the tree beside the current ones, and adds the
//! better part of a minute to a clean build.
//!
//! # What is here
//!
//! | to | take |
//! |---|---|
//! | see our rows as linfa's | [`records`], [`class_dataset`], [`flag_dataset`], [`number_dataset`], [`to_linfa`] |
//! | see linfa's rows as ours | [`schema_of`], [`feature_table`], [`class_labels`], [`from_linfa`] |
//! | put a fitted linfa model behind our traits | [`LinfaClassifier`], [`LabelOnly`], [`LinfaSegmenter`], [`LinfaSoftSegmenter`] |
//! | put any linfa estimator behind [`Fit`](patronage_core::Fit) | [`LinfaFit`] |
//! | have it ready-made | [`DecisionTree`], [`LogisticRegression`], [`GaussianNaiveBayes`], [`KMeans`], [`GaussianMixture`] |
//!
//! Views copy nothing where rows or columns are contiguous in memory; a selection of rows is
//! copied, and so is any other layout.
//!
//! # Faults of linfa 0.8.1 one should know
//!
//! | fault | here |
//! |---|---|
//! | linfa-trees loses valid splits below the root on tied (integer) columns | cannot be mended outside it |
//! | two fits of a tree may differ where a leaf is tied, or with three classes and more | cannot be mended outside it; the tree is not `Seeded` |
//! | values less than 1e-5 apart are taken for ties | columns are scaled before they reach the tree |
//! | no rows: the tree panics | an error ([`ErrorKind::NoRows`]) |
//! | NaN is fitted in silence | an error with row and column; nullable columns are refused |
//! | the tree keeps no probabilities | [`LabelOnly`], and [`one_hot`](LabelOnly::one_hot) only by choice |
//! | weights are ignored by all but the tree | refused, unless [`Weights::Pass`] |
//! | k-means counts rows of the last run, not the best | counted again |
//! | more clusters than rows: doubled centres | an error ([`ErrorKind::TooFewRows`]) |
//! | k-means‖ depends on the timing of threads | never used |
//! | the mixture's runs are one run; not converging loses the model | runs are runs; a fact on the model |
//! | mixture and naive Bayes give NaN far from the data | logarithms are compared |
//! | a panic inside `fit` | an error ([`ErrorKind::Panicked`]) where panics unwind; the panic hook still prints |
//!
//! # Features
//!
//! None.
//!
//! # References
//!
//! linfa, a toolkit for classical machine learning in Rust: <https://github.com/rust-ml/linfa>.

mod bayes;
mod classifier;
mod dataset;
mod error;
mod fit;
mod guard;
mod kmeans;
mod kmeans_model;
mod label_only;
mod layout;
mod logistic;
mod logistic_model;
mod mixture;
mod mixture_model;
mod segmenter;
mod standard;
mod tree;

pub use bayes::{GaussianNaiveBayes, GaussianNaiveBayesModel};
pub use classifier::{AskMatrix, LinfaClassifier};
pub use dataset::{
    class_dataset, class_labels, feature_table, flag_dataset, number_dataset, records, schema_of,
};
pub use error::{Error, ErrorKind};
pub use fit::{
    ClassData, Clusters, Labels, LinfaFit, Memberships, Probabilities, RowData, Weights,
};
pub use kmeans::KMeans;
pub use kmeans_model::KMeansModel;
pub use label_only::{AskLabels, FitOneHot, LabelOnly, OneHot};
pub use layout::{from_linfa, to_linfa};
pub use logistic::LogisticRegression;
pub use logistic_model::LogisticRegressionModel;
pub use mixture::GaussianMixture;
pub use mixture_model::GaussianMixtureModel;
pub use segmenter::{LinfaSegmenter, LinfaSoftSegmenter};
pub use tree::{DecisionTree, Impurity, ScaledTree};

/// The linfa this crate adapts.
pub use linfa;
/// The ndarray that linfa speaks, for rows and answers of its models.
pub use ndarray16;

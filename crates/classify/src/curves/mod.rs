//! Losses against rows and against complexity: learning and validation curves.

mod learning;
mod losses;
mod validation;

pub use learning::{LearningCurve, LearningPoint, learning_curve, learning_curve_of_numbers};
pub use losses::LossEstimate;
pub use validation::{
    ValidationCurve, ValidationPoint, validation_curve, validation_curve_of_numbers,
};

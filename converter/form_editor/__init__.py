"""A form's cards and lists ⇄ a workbook in which somebody who knows Excel only edits them."""

"""What happens to the news: pure steps (extract, relations, alerting), Beam transforms, engines, the evaluator."""

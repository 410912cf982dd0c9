"""What is done to one picture to see what an answer rests on."""
